//! The arguments and what `--help` says about them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use keyfold::{FlutterApp, OnConflict};

const EXAMPLES: &str = "\
Examples:
  keyfold set token                        asks for the value and does not show it
  keyfold get token                        prints the value and a newline
  keyfold list
  openssl rand -hex 32 | keyfold set key   from a pipe; one newline at the end is dropped
  keyfold set --raw photo < photo.jpg      bytes as they are
  keyfold get --raw photo > copy.jpg
  token=$(keyfold get token) || exit       in a script
  keyfold get token --json                 {\"key\":\"token\",\"value\":\"s3cret\"}
  keyfold --passphrase set token           asks for a passphrase, which opens the store without a keychain
  keyfold --passphrase-file FILE list      the same without a terminal
  keyfold import-flutter --application-id com.example.notes
  keyfold --passphrase add-recovery-code   prints a code to write down, for when the passphrase is forgotten
  keyfold --recovery-code list             asks for that code
  keyfold --passphrase unlock change passphrase --new-passphrase
  keyfold --passphrase unlock add --new-device       from now on it opens on this machine without the passphrase
  keyfold unlock remove device                       and no more
  keyfold status                           which store it is, where it is, and whether it can be used
  source <(keyfold completions bash)

What opens the store:
  By default, a key in the system's keychain: gnome-keyring, KWallet or KeePassXC on Linux, the Credential Manager on
  Windows. Where there is no keychain, for example over ssh or in a container, use a passphrase. --passphrase asks for
  it, --passphrase-file names a file whose first line it is, and KEYFOLD_PASSPHRASE is an environment variable that
  holds it. --recovery-code asks for a code that `add-recovery-code` has made, --recovery-code-file names a file with it.
  Only `set` and `import-flutter` create a store; --passphrase then asks twice. A store opens with what it was created
  with and with the recovery codes that were added to it, until `keyfold unlock` adds, changes or removes an unlock.

Exit codes:
  0  done
  1  there is no such entry or no such store
  2  the command or one of its arguments cannot be used
  3  not opened: it needs another passphrase or key, or somebody dismissed the keychain's prompt
  4  not usable here: no keychain, no access to the directory, or not supported by this version
  5  there, but not readable: damaged, key lost, not text, or written by a newer version
  6  anything else, such as a full disk";

/// Keep secrets: names and values, encrypted under a key in the system's keychain or under a passphrase
#[derive(Parser)]
#[command(name = "keyfold", version, after_long_help = EXAMPLES, after_help = "`--help` shows examples and exit codes.")]
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
    /// The store's name; every store has its own entries and keys
    #[arg(long, global = true, value_name = "NAME", default_value = "keyfold")]
    pub(crate) namespace: String,

    /// Where the stores are kept [default: `keyfold` in the user's local data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,

    /// Ask for the passphrase that opens the store
    #[arg(long, global = true)]
    pub(crate) passphrase: bool,

    /// Read the passphrase from the first line of this file; with `-`, from standard input, and the value from the rest
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// Open the store with the key in this file: 32 random bytes, or their base64
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) app_key_file: Option<PathBuf>,

    /// Ask for a recovery code that opens the store
    #[arg(long, global = true)]
    pub(crate) recovery_code: bool,

    /// Read the recovery code from the first line of this file; with `-`, from standard input
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) recovery_code_file: Option<PathBuf>,

    /// How long the keychain may take, including your answers to its prompts [default: 60]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,

    /// Print answers as JSON, and errors as JSON on standard error
    #[arg(long, global = true, help_heading = None)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Store a value, which is asked for or comes from a pipe
    ///
    /// On a terminal the program asks for the value and does not show it. Otherwise the value is all of standard input
    /// except one newline at the end, so that `keyfold get a | keyfold set b` copies any text. Text of several lines comes
    /// from a file: `keyfold set key < key.pem`. If standard input brings nothing, nothing is stored; an empty value is
    /// given as "".
    #[command(override_usage = "keyfold set [OPTIONS] <NAME> [VALUE]")]
    Set {
        /// The entry's name
        name: String,
        /// The value. Better leave it out: here it stays in the shell's history, and other programs can see it
        #[arg(hide_short_help = true)]
        value: Vec<String>,
        /// Store standard input as it is: any bytes, with the newline at the end
        #[arg(long)]
        raw: bool,
    },
    /// Print a value
    ///
    /// Text is followed by a newline, on a terminal and in a pipe alike. With --json, bytes that are not text are in
    /// `base64` instead of `value`.
    Get {
        /// The entry's name
        name: String,
        /// Print only the value's bytes, text or not
        #[arg(long)]
        raw: bool,
    },
    /// Print the names of all entries, one on each line
    List,
    /// Remove an entry
    Remove {
        /// The entry's name
        name: String,
    },
    /// Remove all entries, after you type the store's name
    Clear {
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Remove the whole store with its keys, without opening it
    Destroy {
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Make a recovery code, which opens the store too, and print it
    ///
    /// Write the code down: nothing prints it again. It opens the store with --recovery-code, for example if the passphrase
    /// is forgotten. Case, spaces and hyphens do not matter when it is typed.
    AddRecoveryCode {
        /// A name for it, such as where the paper is. It is not encrypted
        #[arg(long, default_value = "")]
        label: String,
    },
    /// Make new keys and encrypt every entry again
    ///
    /// The store opens as before. After a break-in keep only what you can give, change its secret with `keyfold unlock
    /// change`, and add the others again: whoever had the store open may have put a key of their own in an unlock's place.
    Rotate {
        /// Keep only this unlock: its id, or its kind if it is the only one of that kind. May be repeated
        #[arg(long, value_name = "UNLOCK")]
        keep: Vec<String>,
        /// Keep only the unlock that opens the store for this command, and those of --keep
        #[arg(long)]
        keep_given: bool,
    },
    /// List, add, change and remove what opens the store
    ///
    /// Each of a store's unlocks opens it. All these commands ask for is one that does, and a new secret. They make new keys
    /// and encrypt every entry again. Older copies of the store still open with what was changed or removed.
    #[command(subcommand)]
    Unlock(UnlockCommand),
    /// Open every entry and report which cannot be read
    Verify,
    /// Show which store this is, where it is, and whether it can be used
    #[command(visible_alias = "availability")]
    Status,
    /// Copy the values that a Flutter or Flet app on this machine keeps with `flutter_secure_storage`
    ///
    /// The app's own values stay as they are. The app's build files say what it is called. Linux needs --application-id,
    /// Windows --product-name.
    ImportFlutter(ImportFlutter),
    /// Print a script that lets a shell complete these commands
    Completions { shell: Shell },
}

#[derive(Subcommand)]
pub(crate) enum UnlockCommand {
    /// List the store's unlocks: id, kind and label
    List,
    /// Add an unlock, and print its id
    Add {
        #[command(flatten)]
        new: NewUnlock,
        /// A label of up to 64 bytes, which anybody who has the vault can read
        #[arg(long)]
        label: Option<String>,
    },
    /// Replace an unlock with another, for example a passphrase with a new one
    Change {
        /// Which: its id, or its kind if it is the only one of that kind: device, passphrase or app-key
        unlock: String,
        #[command(flatten)]
        new: NewUnlock,
        /// A new label [default: the old one]
        #[arg(long)]
        label: Option<String>,
    },
    /// Remove an unlock
    Remove {
        /// Which: its id, or its kind if it is the only one of that kind: device, passphrase or app-key
        unlock: String,
    },
}

/// What will open the store.
#[derive(Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "New unlock")]
pub(crate) struct NewUnlock {
    /// Ask twice for a new passphrase. A store has at most one
    #[arg(long)]
    pub(crate) new_passphrase: bool,

    /// Read the new passphrase from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,

    /// Take the key in this file: 32 random bytes, or their base64
    #[arg(long, value_name = "FILE")]
    pub(crate) new_app_key_file: Option<PathBuf>,

    /// Remember this device: a key in the system's keychain opens the store without a question
    #[arg(long)]
    pub(crate) new_device: bool,
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

    /// Windows: BINARY_NAME of windows/CMakeLists.txt, for values that versions before 9 stored
    #[arg(long, value_name = "NAME")]
    binary_name: Option<String>,

    /// Windows: the directory of the app's files, if these names do not lead to it
    #[arg(long, value_name = "DIR")]
    support_directory: Option<PathBuf>,

    /// If a name is in the store already: keep that entry, replace it, or import nothing at all
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
