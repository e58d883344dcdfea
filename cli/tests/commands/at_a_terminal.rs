//! Prompts, by util-linux's `script`, which gives a program a terminal and shows what is on it.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, ChildStdout},
    time::{Duration, Instant},
};

use super::*;

struct Terminal {
    process: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    shown: String,
}

impl Terminal {
    fn new(place: &Place, arguments: &str) -> Self {
        let line = format!("tty; '{}' {arguments} --directory '{}'", PROGRAM, place.vaults().display());
        // A prompt that nobody expects would wait for ever.
        let mut command = Command::new("timeout");
        command
            .args(["60", "script", "--quiet", "--return", "--command", &line, "/dev/null"])
            .env_remove("KEYFOLD_PASSPHRASE");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script is installed");
        let (keyboard, screen) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Terminal { process, keyboard, screen, shown: String::new() }
    }

    /// Waits for a question whose answer is not shown, and answers it.
    fn answer_hidden(mut self, question: &str, answer: &str) -> Self {
        self.wait_for(question);
        // What is typed before is shown by the terminal, whatever the program does.
        let device = self.shown.lines().next().unwrap().trim();
        let start = Instant::now();
        while !settings(device).contains("-echo ") {
            assert!(start.elapsed() < Duration::from_secs(30), "{question} shows its answer");
        }
        self.type_in(answer)
    }

    /// Waits for a question, and answers it.
    fn answer(mut self, question: &str, answer: &str) -> Self {
        self.wait_for(question);
        self.type_in(answer)
    }

    fn wait_for(&mut self, question: &str) {
        let mut byte = [0];
        while !self.shown.ends_with(question) {
            assert_eq!(self.screen.read(&mut byte).unwrap(), 1, "{question} is not asked: {}", self.shown);
            self.shown.push(byte[0].into());
        }
    }

    fn type_in(mut self, answer: &str) -> Self {
        self.keyboard.write_all(format!("{answer}\n").as_bytes()).unwrap();
        self
    }

    /// Its exit code, and all that was on the screen.
    fn end(mut self) -> (i32, String) {
        self.screen.read_to_string(&mut self.shown).unwrap();
        (self.process.wait().unwrap().code().unwrap(), self.shown)
    }
}

/// Of a terminal, as `stty` tells them.
fn settings(device: &str) -> String {
    String::from_utf8(Command::new("stty").args(["-a", "-F", device]).output().unwrap().stdout).unwrap()
}

#[test]
fn values_and_passphrases_are_asked_for_and_not_shown() {
    let place = Place::new();
    let (exit, shown) = Terminal::new(&place, "--passphrase set token")
        .answer_hidden("New passphrase of keyfold (hidden): ", "a s3cret phrase")
        .answer_hidden("Type it again: ", "a s3cret phrase")
        .answer_hidden("Value of token (hidden): ", SECRET)
        .end();
    assert_eq!(exit, 0, "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    let (exit, shown) = Terminal::new(&place, "--passphrase get token")
        .answer_hidden("Passphrase of keyfold (hidden): ", "a s3cret phrase")
        .end();
    assert!(exit == 0 && shown.ends_with("\ns3cret\r\n"), "{shown}");
}

#[test]
fn a_recovery_code_is_asked_for_and_not_shown() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let json = place.json(&["add-recovery-code"]);
    let code = json["recoveryCode"].as_str().unwrap();
    let (exit, shown) = Terminal::new(&place, "--recovery-code get token")
        .answer_hidden("Recovery code of keyfold (hidden): ", &code.to_lowercase())
        .end();
    assert!(exit == 0 && shown.ends_with("\ns3cret\r\n") && !shown.contains(&code[..9].to_lowercase()), "{shown}");
}

#[test]
fn a_passphrase_is_changed() {
    let place = Place::new();
    let file = place.file("passphrase", "old");
    assert_eq!(place.bare(&["set", "token", "--passphrase-file", &file], SECRET).exit, 0);
    let change = "--passphrase unlock change passphrase --new-passphrase";
    let (exit, shown) = Terminal::new(&place, change)
        .answer_hidden("Passphrase of keyfold (hidden): ", "old")
        .answer_hidden("New passphrase of keyfold (hidden): ", "new")
        .answer_hidden("Type it again: ", "new")
        .end();
    assert!(exit == 0 && shown.contains("1 of 1 entries"), "{shown}");
    place.bare(&["get", "token", "--passphrase-file", &file], "").refused(3, "wrong-key");
    let file = place.file("passphrase", "new");
    assert_eq!(place.bare(&["get", "token", "--passphrase-file", &file], "").stdout, b"s3cret\n");
}

#[test]
fn a_wrong_passphrase_is_refused_before_a_value_is_typed() {
    let place = Place::new();
    let file = place.file("passphrase", "right");
    assert_eq!(place.bare(&["set", "token", "--passphrase-file", &file], SECRET).exit, 0);
    let (exit, shown) = Terminal::new(&place, "--passphrase set token").answer_hidden("(hidden): ", "wrong").end();
    assert!(exit == 3 && !shown.contains("Value"), "{shown}");
}

#[test]
fn damage_is_told_before_a_passphrase_is_asked_for() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    std::fs::write(place.vault(), "damaged").unwrap();
    for command in ["set token", "get token", "rotate"] {
        let (exit, shown) = Terminal::new(&place, &format!("--passphrase {command}")).end();
        assert!(exit == 5 && shown.contains("(corrupt)") && !shown.contains("Passphrase"), "{command}: {shown}");
    }
}

#[test]
fn passphrases_that_differ_make_no_store() {
    let place = Place::new();
    let asked = Terminal::new(&place, "--passphrase set token").answer_hidden("(hidden): ", "one");
    let (exit, shown) = asked.answer_hidden("Type it again: ", "two").end();
    assert!(exit == 2 && shown.contains("not the same"), "{shown}");
    assert!(!place.vaults().exists());
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let place = Place::new();
    let command = place.command(&["--passphrase", "set", "token"]);
    let mut detached = Command::new("setsid");
    detached.arg("--wait").arg(command.get_program()).args(command.get_args()).env_remove("KEYFOLD_PASSPHRASE");
    run(detached, b"s3cret\n").refused(2, "usage").says("--passphrase-file");
    assert!(!place.vaults().exists());
}

#[test]
fn clearing_is_confirmed_by_the_name() {
    let place = Place::new();
    place.ok(&["set", "token"], SECRET);
    let key = place.home.path().join("key");
    let clear = || Terminal::new(&place, &format!("clear --app-key-file '{}'", key.display()));
    assert_eq!(clear().answer("to confirm: ", "yes").end().0, 6);
    assert_eq!(place.json(&["list"]), json!(["token"]));
    assert_eq!(clear().answer("to confirm: ", "keyfold").end().0, 0);
    assert_eq!(place.json(&["list"]), json!([]));
}
