//! Other processes: this program again. What they do is one of its ignored tests.

use std::{
    env,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// What a child tells begins with this; the rest is the test harness's.
const MARK: &str = "child: ";

const DIRECTORY: &str = "KEYFOLD_TEST_DIRECTORY";
const NAME: &str = "KEYFOLD_TEST_NAME";

/// A command that runs `test` of this program, in `directory`, for a child of that name.
pub(crate) fn command(test: &str, directory: &Path, name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    with(&mut command, test, directory, name);
    command
}

/// The same arguments for a program that runs this one.
pub(crate) fn with(command: &mut Command, test: &str, directory: &Path, name: &str) {
    command.args(["--ignored", "--exact", "--nocapture", test]).env(DIRECTORY, directory).env(NAME, name);
}

/// In a child: where the vault is.
pub(crate) fn directory() -> PathBuf {
    env::var_os(DIRECTORY).expect("this is no test but what the others' children do").into()
}

/// In a child: what it is called.
pub(crate) fn name() -> String {
    env::var(NAME).unwrap()
}

/// In a child: tells its parent something.
pub(crate) fn tell(text: &str) {
    // In one piece, and on its own line even after the harness's.
    println!("\n{MARK}{text}");
}

/// A child that runs, and what it tells.
pub(crate) struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

pub(crate) fn start(mut command: Command) -> Running {
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    Running { process, lines }
}

impl Running {
    /// What it tells next; `None` at its end. A line that a kill has cut off was not told.
    pub(crate) fn next(&mut self) -> Option<String> {
        self.lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix(MARK).map(str::to_owned))
    }

    /// Kills it; what it has told until then.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::iter::from_fn(|| self.next()).collect()
    }

    /// Lets it come to its end, which must be a good one; what it has told.
    pub(crate) fn end(mut self) -> Vec<String> {
        let told = std::iter::from_fn(|| self.next()).collect();
        assert!(self.process.wait().unwrap().success(), "{told:?}");
        told
    }
}
