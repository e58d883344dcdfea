//! Private desktop sessions: a D-Bus bus, and gnome-keyring if the test wants it, each with its own home.

#![allow(dead_code, reason = "each test program uses some of it")]

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use zbus::{
    blocking::{Connection, Proxy, connection},
    message::Header,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

/// Of its own, so that nothing is started but what the test starts.
const BUS: &str = r#"<busconfig><type>session</type><listen>unix:dir=HOME</listen><policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#;

const SERVICE: &str = "org.freedesktop.secrets";

/// Ends its processes when dropped.
pub(crate) struct Session {
    home: TempDir,
    address: Option<String>,
    /// Of the bus and of the keyring.
    processes: Vec<Child>,
}

impl Session {
    pub(crate) fn without_bus() -> Self {
        Session { home: tempfile::tempdir().unwrap(), address: None, processes: Vec::new() }
    }

    pub(crate) fn without_keyring() -> Self {
        Self::on_a_bus(BUS)
    }

    /// With a gnome-keyring that nobody is allowed to talk to.
    pub(crate) fn where_none_may_speak() -> Self {
        let forbidden = format!(r#"<deny send_destination="{SERVICE}"/></policy>"#);
        let mut session = Self::on_a_bus(&BUS.replace("</policy>", &forbidden));
        session.start_keyring(&[]);
        session
    }

    fn on_a_bus(config: &str) -> Self {
        let mut session = Self::without_bus();
        let text = config.replace("HOME", &session.home.path().display().to_string());
        let config = session.home.path().join("bus.conf");
        fs::write(&config, text).unwrap();
        let mut bus = session.command("dbus-daemon");
        bus.arg(format!("--config-file={}", config.display())).args(["--nofork", "--print-address"]);
        let mut bus = bus.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        session.address = Some(address.trim().to_owned());
        session.processes.push(bus);
        session
    }

    /// With a gnome-keyring that has no collection.
    pub(crate) fn without_collection() -> Self {
        let mut session = Self::without_keyring();
        session.start_keyring(&[]);
        session
    }

    /// With a gnome-keyring whose default collection is open.
    pub(crate) fn new() -> Self {
        let mut session = Self::without_keyring();
        session.start_keyring(&["--unlock"]);
        session.wait_for("a default collection", || session.collection().as_str() != "/");
        session
    }

    /// Ends gnome-keyring and starts it with its collection open, as somebody does who has no display to be asked on.
    pub(crate) fn restart_keyring(&mut self) {
        let mut keyring = self.processes.pop().unwrap();
        keyring.kill().unwrap();
        keyring.wait().unwrap();
        let dbus = || self.proxy("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
        self.wait_for("its end", || !dbus().call::<_, _, bool>("NameHasOwner", &(SERVICE,)).unwrap());
        self.start_keyring(&["--unlock"]);
        self.wait_for("a default collection", || self.collection().as_str() != "/");
    }

    fn start_keyring(&mut self, arguments: &[&str]) {
        let mut daemon = self.command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--components=secrets"]).args(arguments).stdin(Stdio::piped());
        let mut daemon =
            daemon.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("gnome-keyring is installed");
        // The password of its collection.
        daemon.stdin.take().unwrap().write_all(b"password\n").unwrap();
        self.processes.push(daemon);
        let dbus = || self.proxy("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
        self.wait_for("the keyring", || dbus().call::<_, _, bool>("NameHasOwner", &(SERVICE,)).unwrap());
    }

    pub(crate) fn wait_for(&self, what: &str, mut is_there: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_there() {
            assert!(start.elapsed() < Duration::from_secs(30), "{what} does not come");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops gnome-keyring where it is, or lets it go on.
    pub(crate) fn signal_keyring(&self, signal: &str) {
        let id = self.processes[1].id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    /// A command in this session, which has no display.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(name, self.home.path());
        }
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GNOME_KEYRING_CONTROL"] {
            command.env_remove(name);
        }
        if let Some(address) = &self.address {
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
        command
    }

    pub(crate) fn vaults(&self) -> PathBuf {
        self.home.path().join("vaults")
    }

    fn connect(&self) -> Connection {
        connection::Builder::address(self.address.as_deref().unwrap()).unwrap().build().unwrap()
    }

    fn proxy(&self, destination: &'static str, path: &str, interface: &'static str) -> Proxy<'static> {
        Proxy::new(&self.connect(), destination, path.to_owned(), interface).unwrap()
    }

    fn service(&self) -> Proxy<'static> {
        self.proxy(SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service")
    }

    fn collection(&self) -> OwnedObjectPath {
        self.service().call("ReadAlias", &("default",)).unwrap()
    }

    /// The items of the default collection.
    pub(crate) fn items(&self) -> Vec<OwnedObjectPath> {
        let collection = self.proxy(SERVICE, self.collection().as_str(), "org.freedesktop.Secret.Collection");
        collection.get_property("Items").unwrap()
    }

    /// Adds one with these attributes and no others, or puts it in the place of such a one, as libsecret does.
    pub(crate) fn add_item(&self, attributes: &[(&str, &str)], secret: &[u8]) -> OwnedObjectPath {
        let (connection, session) = self.secrets();
        let attributes: HashMap<&str, &str> = attributes.iter().copied().collect();
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Value::from("an item")),
            ("org.freedesktop.Secret.Item.Attributes", Value::from(attributes)),
        ]);
        let collection = self.collection();
        let collection =
            Proxy::new(&connection, SERVICE, collection.as_str(), "org.freedesktop.Secret.Collection").unwrap();
        let secret = (session, Vec::<u8>::new(), secret, "text/plain");
        let (item, _): (_, OwnedObjectPath) = collection.call("CreateItem", &(properties, secret, true)).unwrap();
        item
    }

    pub(crate) fn set_secret(&self, item: &OwnedObjectPath, secret: &[u8]) {
        let (connection, session) = self.secrets();
        let item = Proxy::new(&connection, SERVICE, item.as_str(), "org.freedesktop.Secret.Item").unwrap();
        let secret = (session, Vec::<u8>::new(), secret, "text/plain");
        let () = item.call("SetSecret", &(secret,)).unwrap();
    }

    pub(crate) fn secret(&self, item: &OwnedObjectPath) -> Vec<u8> {
        let (connection, session) = self.secrets();
        let item = Proxy::new(&connection, SERVICE, item.as_str(), "org.freedesktop.Secret.Item").unwrap();
        let secret: (OwnedObjectPath, Vec<u8>, Vec<u8>, String) = item.call("GetSecret", &(session,)).unwrap();
        secret.2
    }

    /// What an item is found by, and when it was modified, in seconds.
    pub(crate) fn described(&self, item: &OwnedObjectPath) -> (BTreeMap<String, String>, u64) {
        let item = self.proxy(SERVICE, item.as_str(), "org.freedesktop.Secret.Item");
        let attributes: HashMap<_, _> = item.get_property("Attributes").unwrap();
        (attributes.into_iter().collect(), item.get_property("Modified").unwrap())
    }

    /// A connection whose secrets are not encrypted, and what the service calls it.
    fn secrets(&self) -> (Connection, OwnedObjectPath) {
        let connection = self.connect();
        let service =
            Proxy::new(&connection, SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service").unwrap();
        let (_, session): (OwnedValue, _) = service.call("OpenSession", &("plain", Value::from(""))).unwrap();
        (connection, session)
    }

    /// Removes an item, as its user may.
    pub(crate) fn delete(&self, item: &OwnedObjectPath) {
        let item = self.proxy(SERVICE, item.as_str(), "org.freedesktop.Secret.Item");
        let _: OwnedObjectPath = item.call("Delete", &()).unwrap();
    }

    /// Locks the default collection.
    pub(crate) fn lock(&self) {
        let (locked, _): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.service().call("Lock", &(vec![self.collection()],)).unwrap();
        assert_eq!(locked.len(), 1);
    }

    /// Answers every question of the keyring as a user does who dismisses it; how many there were.
    pub(crate) fn dismiss_questions(&self) -> (Connection, Arc<Mutex<usize>>) {
        let asked = Arc::default();
        let prompter = Prompter { connection: self.connect(), asked: Arc::clone(&asked) };
        let builder = connection::Builder::address(self.address.as_deref().unwrap()).unwrap();
        let builder = builder.serve_at("/org/gnome/keyring/Prompter", prompter).unwrap();
        (builder.name("org.gnome.keyring.SystemPrompter").unwrap().build().unwrap(), asked)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// What GNOME Shell shows gnome-keyring's questions with.
struct Prompter {
    connection: Connection,
    asked: Arc<Mutex<usize>>,
}

impl Prompter {
    fn answer(&self, header: &Header<'_>, callback: OwnedObjectPath, answer: &'static str, exchange: String) {
        let keyring = header.sender().unwrap().to_string();
        let connection = self.connection.clone();
        // It must receive the answer to its prompt after the answer to its call, which is sent when this returns: if it is
        // the other way round, which a busy machine made it once, it waits for ever.
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            let interface = "org.gnome.keyring.internal.Prompter.Callback";
            let none = HashMap::<String, OwnedValue>::new();
            let told = connection.call_method(
                Some(keyring.as_str()),
                callback.as_str(),
                Some(interface),
                "PromptReady",
                &(answer, none, exchange),
            );
            told.unwrap();
        });
    }
}

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Prompter {
    fn begin_prompting(&self, #[zbus(header)] header: Header<'_>, callback: OwnedObjectPath) {
        self.answer(&header, callback, "", String::new());
    }

    fn perform_prompt(
        &self,
        #[zbus(header)] header: Header<'_>,
        callback: OwnedObjectPath,
        _kind: String,
        _properties: HashMap<String, OwnedValue>,
        exchange: String,
    ) {
        *self.asked.lock().unwrap() += 1;
        self.answer(&header, callback, "no", exchange);
    }

    fn stop_prompting(&self, _callback: OwnedObjectPath) {}
}
