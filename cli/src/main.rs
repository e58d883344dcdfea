//! Secrets on the command line.
//!
//! This file has the commands. `arguments.rs` has the arguments and the help, `input.rs` reads secrets, `output.rs` prints
//! answers, and `failure.rs` has the errors and exit codes.

mod arguments;
mod failure;
mod input;
mod output;

use std::{
    io::{self, IsTerminal},
    iter,
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory, Parser};
use keyfold::{
    Availability, Builder, Error, ErrorKind, ImportReport, Keep, NativeOptions, OnConflict, Presence, Report, Rotate,
    SecureStorage, Unlock, UnlockInfo, UnlockKind, Unreadable,
};
use serde_json::json;
use zeroize::Zeroizing;

use arguments::{Arguments, Command, ImportFlutter, NewUnlock, StoreOptions, UnlockCommand};
use failure::{Exit, Failure};
use output::Form;

type Done = Result<(), Failure>;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::of_arguments(&error),
    };
    match pollster::block_on(run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(arguments.store.json),
    }
}

async fn run(Arguments { store, command }: &Arguments) -> Done {
    match command {
        Command::Set { name, value, raw } => set(store, name, value, *raw).await,
        Command::Get { name, raw } => get(store, name, *raw).await,
        Command::List => list(store).await,
        Command::Remove { name } => remove(store, name).await,
        Command::Clear { yes } => clear(store, *yes).await,
        Command::Destroy { yes } => destroy(store, *yes).await,
        Command::AddRecoveryCode { label } => add_recovery_code(store, label).await,
        Command::Rotate { keep, keep_given } => rotate(store, keep, *keep_given).await,
        Command::Unlock(UnlockCommand::List) => unlocks(store).await,
        Command::Unlock(UnlockCommand::Add { new, label }) => {
            add_unlock(store, new, label.as_deref().unwrap_or_default()).await
        }
        Command::Unlock(UnlockCommand::Change { unlock, new, label }) => {
            change_unlock(store, unlock, new, label.as_deref()).await
        }
        Command::Unlock(UnlockCommand::Remove { unlock }) => remove_unlock(store, unlock).await,
        Command::Verify => verify(store).await,
        Command::Status => status(store).await,
        Command::ImportFlutter(from) => import_flutter(store, from).await,
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Arguments::command(), "keyfold", &mut io::stdout());
            Ok(())
        }
    }
}

async fn set(options: &StoreOptions, name: &str, words: &[String], raw: bool) -> Done {
    let unlocking = Unlocking::new(options).await?;
    // What fails without a value fails before somebody types one.
    let existing = unlocking.open_existing().await?;
    let value = match words {
        [] => input::value(name, raw)?,
        // How an empty value is stored on purpose.
        [value] if value.is_empty() => Zeroizing::default(),
        [value] => {
            let message = "the value is now in this shell's history, and other programs could see it in the list of \
                           processes: leave it out and the program asks for it";
            failure::warn(options.json, "value-in-arguments", message);
            Zeroizing::new(value.clone().into_bytes())
        }
        // Not clap's message, which would repeat one of the words.
        _ => {
            return Err(Failure::usage(
                "a value is one argument: put it in quotes, or leave it out and the program asks for it",
            ));
        }
    };
    let storage = match existing {
        Some(storage) => storage,
        None => unlocking.open().await?,
    };
    storage.set_bytes(name, &value).await?;
    output::json_only(options.json, &json!({ "key": name }))
}

async fn get(options: &StoreOptions, name: &str, raw: bool) -> Done {
    let value = open(options).await?.get_bytes(name).await?.ok_or_else(|| Failure::no_entry(name))?;
    let form = match (options.json, raw) {
        (true, _) => Form::Json,
        (false, true) => Form::Raw,
        (false, false) => Form::Line,
    };
    output::value(name, &Zeroizing::new(value), form)
}

async fn list(options: &StoreOptions) -> Done {
    let names = open(options).await?.keys().await?;
    if options.json { output::json(&json!(names)) } else { output::lines(names.iter().map(|name| shown(name))) }
}

async fn remove(options: &StoreOptions, name: &str) -> Done {
    if !open(options).await?.remove(name).await? {
        return Err(Failure::no_entry(name));
    }
    output::json_only(options.json, &json!({ "key": name }))
}

async fn clear(options: &StoreOptions, yes: bool) -> Done {
    let storage = open(options).await?;
    confirm(options, yes, "every entry")?;
    storage.clear().await?;
    output::json_only(options.json, &json!({ "namespace": options.namespace }))
}

async fn destroy(options: &StoreOptions, yes: bool) -> Done {
    if !is_there(options).await {
        return Err(Failure::no_store(&options.namespace));
    }
    confirm(options, yes, "the whole store and its keys")?;
    builder(options).destroy().await?;
    output::json_only(options.json, &json!({ "namespace": options.namespace }))
}

/// Makes the user type the name of the store that is about to be emptied.
fn confirm(options: &StoreOptions, yes: bool, what: &str) -> Done {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("there is no terminal to ask on: add --yes to confirm"));
    }
    let namespace = shown(&options.namespace);
    eprint!("This removes {what} of {namespace} for good. Type {namespace} to confirm: ");
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    if typed.trim_end() == options.namespace { Ok(()) } else { Err(Failure::not_confirmed()) }
}

async fn add_recovery_code(options: &StoreOptions, label: &str) -> Done {
    let unlocking = Unlocking::of_existing(options).await?;
    let storage = unlocking.open().await?;
    let code = SecureStorage::recovery_code()?;
    let id = storage.add_unlock(&Unlock::recovery_code(code.text()), label, |_, _| {}).await?;
    if !options.json {
        eprintln!("write this recovery code down, for nothing prints it again:");
    }
    output::recovery_code(code.text(), &id, options.json)
}

async fn rotate(options: &StoreOptions, keep: &[String], keep_given: bool) -> Done {
    let unlocking = Unlocking::of_existing(options).await?;
    let given = keep_given.then(|| Keep::from(unlocking.unlock.clone()));
    let storage = unlocking.open().await?;
    let rotate = if keep.is_empty() && given.is_none() {
        Rotate::all()
    } else {
        let mut kept: Vec<_> = given.into_iter().collect();
        for unlock in keep {
            kept.push(Keep::Id(id_of(&storage, unlock).await?));
        }
        Rotate::keep(kept)
    };
    let mut progress = Progress::new(options);
    let rotated = storage.rotate(&rotate, progress.listener()).await;
    let entries = progress.end(rotated)?.1;
    output::json_only(options.json, &json!({ "namespace": options.namespace, "entries": entries }))
}

async fn unlocks(options: &StoreOptions) -> Done {
    let unlocks = open(options).await?.unlocks().await?;
    if options.json {
        return output::json(&json!(unlocks.iter().map(output::unlock).collect::<Vec<_>>()));
    }
    let one = |UnlockInfo { id, kind, label, .. }: &UnlockInfo| format!("{id:32}  {kind:10}  {}", shown(label));
    output::lines(unlocks.iter().map(|unlock| one(unlock).trim_end().to_owned()))
}

async fn add_unlock(options: &StoreOptions, new: &NewUnlock, label: &str) -> Done {
    let storage = open(options).await?;
    let added = input::new_unlock(options, new)?;
    let mut progress = Progress::new(options);
    let added = storage.add_unlock(&added, label, progress.listener()).await;
    let (id, entries) = progress.end(added)?;
    tell_id(options, &id, entries)
}

async fn change_unlock(options: &StoreOptions, unlock: &str, new: &NewUnlock, label: Option<&str>) -> Done {
    let storage = open(options).await?;
    let id = id_of(&storage, unlock).await?;
    let to = input::new_unlock(options, new)?;
    let mut progress = Progress::new(options);
    let changed = storage.change_unlock(&id, &to, label, progress.listener()).await;
    let (id, entries) = progress.end(changed)?;
    tell_id(options, &id, entries)
}

async fn remove_unlock(options: &StoreOptions, unlock: &str) -> Done {
    let storage = open(options).await?;
    let id = id_of(&storage, unlock).await?;
    let mut progress = Progress::new(options);
    let removed = storage.remove_unlock(&id, progress.listener()).await;
    let entries = progress.end(removed)?.1;
    output::json_only(options.json, &json!({ "id": id, "entries": entries }))
}

fn tell_id(options: &StoreOptions, id: &str, entries: usize) -> Done {
    if options.json { output::json(&json!({ "id": id, "entries": entries })) } else { output::lines([id.to_owned()]) }
}

/// The id of the unlock that is meant by its id, or by a kind that only one has.
async fn id_of(storage: &SecureStorage, meant: &str) -> Result<String, Failure> {
    let unlocks = storage.unlocks().await?;
    let mut fitting = unlocks.into_iter().filter(|unlock| unlock.id == meant || unlock.kind.as_str() == meant);
    match (fitting.next(), fitting.next()) {
        (Some(unlock), None) => Ok(unlock.id),
        (None, _) => Err(Failure::no_unlock(meant, "no unlock")),
        (Some(_), Some(_)) => Err(Failure::no_unlock(meant, "several unlocks of the kind")),
    }
}

/// How far a change of keys is: shown on a terminal.
struct Progress {
    is_quiet: bool,
    is_shown: bool,
    count: usize,
}

impl Progress {
    fn new(options: &StoreOptions) -> Self {
        Progress { is_quiet: options.json, is_shown: !options.json && io::stderr().is_terminal(), count: 0 }
    }

    fn listener(&mut self) -> impl FnMut(usize, usize) {
        |done, total| {
            self.count = total;
            if self.is_shown {
                eprint!("\r{done} of {total} entries");
            }
        }
    }

    /// What came of it, and of how many entries.
    fn end<T>(self, changed: keyfold::Result<T>) -> Result<(T, usize), Failure> {
        if self.is_shown && self.count > 0 {
            eprintln!();
        }
        let changed = changed?;
        if !self.is_quiet {
            eprintln!("{} encrypted under new keys", entries(self.count));
        }
        Ok((changed, self.count))
    }
}

async fn verify(options: &StoreOptions) -> Done {
    let Report { readable, unreadable, rotation_advised, .. } = open(options).await?.verify().await?;
    if options.json {
        let unreadable: Vec<_> = unreadable.iter().map(output::unreadable).collect();
        output::json(&json!({ "readable": readable, "unreadable": unreadable, "rotationAdvised": rotation_advised }))?;
    } else {
        let damaged = unreadable.iter().map(|entry| format!("{}: {}", entry.kind.code(), entry.message));
        output::lines(iter::once(format!("{} can be read", entries(readable.len()))).chain(damaged))?;
    }
    all_readable(&unreadable)
}

async fn status(options: &StoreOptions) -> Done {
    let (kind, vault) = (input::kind(options)?, output::vault(options));
    let looked = look(options).await;
    let found = is_found(&looked);
    let Availability { reason, durability, .. } = SecureStorage::availability(&unasked(options)?).await;
    // Where there is a store, nothing tells as much as opening it.
    let opened = match (looked.reason, found, reason) {
        (None, Some(true), _) => open(options).await.map(Some),
        (None, _, None) => Ok(None),
        (Some(reason), ..) | (None, _, Some(reason)) => Err(reason.into()),
    };
    let unlocks = looked.unlocks;
    // What a store would be made with, or nothing where it cannot be known.
    let kinds: Vec<_> = match found {
        Some(false) => vec![kind],
        _ => unlocks.iter().map(|unlock| unlock.kind).collect(),
    };
    let recoverable = (!kinds.is_empty()).then(|| kinds.iter().any(|kind| *kind != UnlockKind::Device));
    if options.json {
        output::json(&json!({
            "namespace": options.namespace, "found": found, "vault": vault,
            "unlocks": unlocks.iter().map(output::unlock).collect::<Vec<_>>(),
            "usable": opened.is_ok(), "durability": durability.as_str(), "recoverable": recoverable,
        }))?;
    } else {
        let row = |name: &str, value: &str| format!("{name:10} {value}");
        let unlock = match found {
            Some(false) => kind.to_string(),
            _ if unlocks.is_empty() => "not known".to_owned(),
            _ => unlocks.iter().map(named).collect::<Vec<_>>().join(" or "),
        };
        let found = found.map_or("not known", |found| if found { "found" } else { "not created yet" });
        let elsewhere = match recoverable {
            Some(true) => "opens on other devices too",
            Some(false) => "opens on this device only",
            None => "not known",
        };
        output::lines([
            row("namespace", &shown(&options.namespace)),
            row("store", found),
            row("vault", vault.as_deref().unwrap_or("no home directory")),
            row("unlock", &unlock),
            row("a copy", elsewhere),
            row("usable", if opened.is_ok() { "yes" } else { "no" }),
        ])?;
    }
    opened.map(drop)
}

/// An unlock with its label, if it has one.
fn named(unlock: &UnlockInfo) -> String {
    let UnlockInfo { kind, label, .. } = unlock;
    if label.is_empty() { kind.to_string() } else { format!("{kind} \"{}\"", shown(label)) }
}

async fn import_flutter(options: &StoreOptions, from: &ImportFlutter) -> Done {
    // First into memory: what cannot be read, or is not there, makes no store.
    let source = builder(options).in_memory().open().await?;
    let read = source.import_flutter(&from.app(), OnConflict::Overwrite).await.map_err(Failure::of_import)?;
    let ImportReport { imported, skipped, .. } = if read.imported.is_empty() {
        ImportReport::default()
    } else {
        let storage = Unlocking::new(options).await?.open().await?;
        storage.import_from(&source, from.on_conflict()).await.map_err(Failure::of_import)?
    };
    let unreadable = read.unreadable;
    if options.json {
        let unreadable: Vec<_> = unreadable.iter().map(output::unreadable).collect();
        output::json(&json!({ "imported": imported, "skipped": skipped, "unreadable": unreadable }))?;
    } else {
        let imported = imported.iter().map(|name| format!("imported    {}", shown(name)));
        let skipped = skipped.iter().map(|name| format!("skipped     {}: already in the store", shown(name)));
        let not_read = unreadable.iter().map(|entry| format!("unreadable  {}", shown(&entry.message)));
        output::lines(imported.chain(skipped).chain(not_read))?;
        eprintln!("the app's own values were not changed");
    }
    all_readable(&unreadable)
}

fn all_readable(unreadable: &[Unreadable]) -> Done {
    let cannot = format!("{} cannot be read", entries(unreadable.len()));
    unreadable.first().map_or(Ok(()), |first| Err(Failure::new(Exit::of(first.kind), first.kind.code(), cannot)))
}

/// How a store will be opened. What that needs has been asked for already.
struct Unlocking {
    builder: Builder,
    unlock: Unlock,
    there: bool,
}

impl Unlocking {
    /// For a store that is created if there is none.
    async fn new(options: &StoreOptions) -> Result<Self, Failure> {
        let looked = look(options).await;
        // Whatever is told without a passphrase is told before it is asked for.
        let there = match (is_found(&looked), looked.reason) {
            (Some(false), _) => false,
            (_, Some(reason)) => return Err(reason.into()),
            _ => true,
        };
        let unlock = input::unlock(options, there)?;
        // A passphrase that was typed only once must not create a store if this one vanishes meanwhile.
        let builder = builder(options).unlock(unlock.clone()).must_exist(there);
        Ok(Unlocking { builder, unlock, there })
    }

    /// For a store that must exist.
    async fn of_existing(options: &StoreOptions) -> Result<Self, Failure> {
        if is_there(options).await { Self::new(options).await } else { Err(Failure::no_store(&options.namespace)) }
    }

    /// The store if there is one. If there is none, checks whether one could be created.
    async fn open_existing(&self) -> Result<Option<SecureStorage>, Failure> {
        if self.there {
            return Ok(Some(self.builder.clone().open().await?));
        }
        let reason = SecureStorage::availability(&self.builder).await.reason;
        reason.map_or(Ok(None), |reason| Err(reason.into()))
    }

    async fn open(self) -> Result<SecureStorage, Failure> {
        Ok(self.builder.open().await?)
    }
}

/// Opens a store that must exist: only `set` and an import create one.
async fn open(options: &StoreOptions) -> Result<SecureStorage, Failure> {
    Unlocking::of_existing(options).await?.open().await
}

/// Whether there is a store, readable or not, or something in its place that has to be told.
async fn is_there(options: &StoreOptions) -> bool {
    is_found(&look(options).await) != Some(false)
}

/// Looks for a store. It asks with an app key, which needs no keychain, and opens nothing.
async fn look(options: &StoreOptions) -> Availability {
    SecureStorage::availability(&builder(options).unlock(Unlock::app_key([0; 32]))).await
}

/// Whether there is a store. `None` where that could not be seen.
fn is_found(looked: &Availability) -> Option<bool> {
    match (looked.found, looked.reason.as_ref().map(Error::kind)) {
        (Presence::Present, _) | (_, Some(ErrorKind::NewerFormat)) => Some(true),
        (_, None) => Some(false),
        (_, Some(_)) => None,
    }
}

/// A builder for questions about a store. It asks the user for nothing.
fn unasked(options: &StoreOptions) -> Result<Builder, Failure> {
    let unlock = match input::kind(options)? {
        UnlockKind::Device => Unlock::device(),
        _ => Unlock::app_key([0; 32]),
    };
    Ok(builder(options).unlock(unlock))
}

fn builder(options: &StoreOptions) -> Builder {
    let mut native = NativeOptions::new();
    if let Some(directory) = &options.directory {
        native = native.directory(directory);
    }
    if let Some(timeout) = options.timeout {
        native = native.keychain_timeout(Duration::from_secs(timeout));
    }
    SecureStorage::builder(&options.namespace).native(native)
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// A name on one line, without control characters that could move the cursor or forge a line.
fn shown(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
