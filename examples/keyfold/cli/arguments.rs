//! What can be said on the command line, and what `--help` tells of it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use keyfold::{FlutterApp, OnConflict};

const EXAMPLES: &str = "\
Examples:
  keyfold set token                        asks for the value and shows nothing of it
  keyfold get token                        prints it, and a newline
  keyfold list
  openssl rand -hex 32 | keyfold set key   from a pipe: one newline at the end is dropped
  keyfold set --raw photo < photo.jpg      bytes, every one of them
  keyfold get --raw photo > copy.jpg
  token=$(keyfold get token) || exit       in a script
  keyfold get token --json                 {\"key\":\"token\",\"value\":\"s3cret\"}
  keyfold --passphrase set token           a store that a passphrase opens, asked for: no keychain needed
  keyfold --passphrase-file FILE list      the same without a terminal
  keyfold import-flutter --application-id com.example.notes
  keyfold status                           which store, where it is, and whether it can be used
  source <(keyfold completions bash)

What opens the store:
  Unless said otherwise, a key that the system's keychain keeps: gnome-keyring, KWallet or KeePassXC on Linux, the
  Credential Manager on Windows. Without one, for example over ssh or in a container, use a passphrase: asked for with
  --passphrase, or the first line of --passphrase-file, or the environment variable KEYFOLD_PASSPHRASE. A store keeps
  to what it was made with. Only `set` and `import-flutter` make one; a passphrase is then asked for twice.

Exit codes:
  0  done
  1  there is no such entry, or no such store
  2  the command was not understood, or cannot be done so
  3  not opened: another passphrase or key is needed, or a question of the keychain was dismissed
  4  not usable here: no keychain, no rights to the directory, or not in this version
  5  there, but not readable: damaged, its key lost, not text, or written by a newer version
  6  anything else, such as a full disk";

/// Keeps secrets: names and values, sealed under a key from the system's keychain or by a passphrase.
#[derive(Parser)]
#[command(name = "keyfold", version, after_long_help = EXAMPLES, after_help = "`--help` has examples and exit codes.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which store, and what opens it.
#[derive(Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct StoreOptions {
    /// The store's name: each has entries and keys of its own
    #[arg(long, global = true, value_name = "NAME", default_value = "keyfold-example")]
    pub(crate) namespace: String,

    /// Where vaults lie [default: `keyfold` in the user's local data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,

    /// Ask for the passphrase that opens the store
    #[arg(long, global = true)]
    pub(crate) passphrase: bool,

    /// The passphrase is the first line of this file; `-` is standard input, whose rest is then the value
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// A key opens the store: 32 random bytes in this file, or their base64
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) app_key_file: Option<PathBuf>,

    /// How long the keychain may take, your answers to its questions included [default: 60]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,

    /// Answer in JSON, and tell errors in JSON on standard error
    #[arg(long, global = true, help_heading = None)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Store a value: asked for, or from a pipe
    ///
    /// On a terminal the value is asked for and not shown. Otherwise it is all of standard input, without one newline at
    /// its end, so that `keyfold get a | keyfold set b` copies any text. A text of several lines comes from a file:
    /// `keyfold set key < key.pem`.
    #[command(override_usage = "keyfold set [OPTIONS] <NAME> [VALUE]")]
    Set {
        /// The entry's name
        name: String,
        /// The value. Better left out: here it stays in the shell's history, and other programs see it
        #[arg(hide_short_help = true)]
        value: Vec<String>,
        /// Take standard input as it is: any bytes, and the newline at its end too
        #[arg(long)]
        raw: bool,
    },
    /// Print a value
    ///
    /// A text, and a newline after it: to a terminal and to a pipe alike. With --json, what is not text is in `base64`
    /// instead of `value`.
    Get {
        /// The entry's name
        name: String,
        /// The value's bytes and nothing else, text or not
        #[arg(long)]
        raw: bool,
    },
    /// Print the names of all entries, one a line
    List,
    /// Remove an entry
    Remove {
        /// The entry's name
        name: String,
    },
    /// Remove all entries, once you have typed the store's name
    Clear {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Remove the store whole, keys too, without opening it: when what opens it is lost
    Destroy {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Make new keys, and seal every entry anew
    Rotate,
    /// Open every entry, and tell which cannot be read
    Verify,
    /// Tell which store this is, where it is, and whether it can be used
    #[command(visible_alias = "availability")]
    Status,
    /// Copy what a Flutter or Flet app on this machine keeps with `flutter_secure_storage`
    ///
    /// The app's own values stay as they are. What it is called is in the app's build files: on Linux
    /// --application-id is needed, on Windows --product-name.
    ImportFlutter(ImportFlutter),
    /// Print a script with which a shell completes these commands
    Completions { shell: Shell },
}

#[derive(Args)]
pub(crate) struct ImportFlutter {
    /// Linux: APPLICATION_ID of linux/CMakeLists.txt, such as com.example.notes
    #[arg(long, value_name = "ID")]
    application_id: Option<String>,

    /// Windows: CompanyName of windows/runner/Runner.rc
    #[arg(long, value_name = "NAME")]
    company_name: Option<String>,

    /// Windows: ProductName of windows/runner/Runner.rc
    #[arg(long, value_name = "NAME")]
    product_name: Option<String>,

    /// Windows: BINARY_NAME of windows/CMakeLists.txt, for what versions before 9 stored
    #[arg(long, value_name = "NAME")]
    binary_name: Option<String>,

    /// Windows: the directory of the app's files, if it is not the one that those names give
    #[arg(long, value_name = "DIR")]
    support_directory: Option<PathBuf>,

    /// What becomes of a name that is here already: it stays, is replaced, or nothing at all is imported
    #[arg(long, value_enum, default_value_t = Conflict::Skip)]
    on_conflict: Conflict,
}

#[derive(Clone, Copy, ValueEnum)]
enum Conflict {
    Skip,
    Overwrite,
    Fail,
}

impl ImportFlutter {
    pub(crate) fn app(&self) -> FlutterApp {
        let app = FlutterApp::new();
        let app = self.application_id.iter().fold(app, FlutterApp::application_id);
        let app = self.company_name.iter().fold(app, FlutterApp::company_name);
        let app = self.product_name.iter().fold(app, FlutterApp::product_name);
        let app = self.binary_name.iter().fold(app, FlutterApp::binary_name);
        self.support_directory.iter().fold(app, FlutterApp::support_directory)
    }

    pub(crate) fn on_conflict(&self) -> OnConflict {
        match self.on_conflict {
            Conflict::Skip => OnConflict::Skip,
            Conflict::Overwrite => OnConflict::Overwrite,
            Conflict::Fail => OnConflict::Fail,
        }
    }
}
