//! Runs of the binaries, and programs that stay open.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Longest time for which a test waits for a line of a program.
const LINE_WAIT_MAX: Duration = Duration::from_mins(1);

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output of a run that was done.
    #[track_caller]
    pub fn done(&self) -> &str {
        assert_eq!(self.exit, 0, "{self:?}");
        &self.out
    }

    /// Standard error of a run that failed with this code.
    #[track_caller]
    pub fn failed(&self, exit: i32) -> &str {
        assert_eq!(self.exit, exit, "{self:?}");
        &self.err
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.done()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `credits`, for any ledger.
    Credits,
    /// The example `shop`, an application.
    Shop,
}

impl Binary {
    fn path(self) -> PathBuf {
        let credits = PathBuf::from(env!("CARGO_BIN_EXE_credits"));
        match self {
            Self::Credits => credits,
            Self::Shop => {
                let shop = credits.parent().unwrap().join("examples/shop");
                assert!(shop.exists(), "{} is missing: build it with `--examples`", shop.display());
                shop
            }
        }
    }

    /// A command in a terminal of 80 columns, without settings of this machine.
    pub fn command(self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path());
        command.args(arguments).env("COLUMNS", "80").stdin(Stdio::null());
        for name in ["CREDITS_LEDGER", "CREDITS_TOKEN", "NO_COLOR"] {
            command.env_remove(name);
        }
        command
    }

    pub fn run(self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// A run on the ledger in this file.
    pub fn on(self, ledger: &Path, arguments: &[&str]) -> Ran {
        let mut all = vec!["--ledger", ledger.to_str().unwrap()];
        all.extend(arguments);
        self.run(&all)
    }
}

pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { exit: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A program that stays open until it is dropped or killed.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Its first lines of output.
    pub lines: Vec<String>,
}

impl Running {
    /// Starts a program, and waits for a line that contains this text.
    pub fn until(command: &mut Command, text: &str) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let stdin = child.stdin.take();
        // It is ended if the line does not come.
        let mut running = Self { child, stdin, lines: Vec::new() };
        // What it prints later is read, so that it never waits for this process.
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        while !running.lines.last().is_some_and(|line| line.contains(text)) {
            match receiver.recv_timeout(LINE_WAIT_MAX) {
                Ok(line) => running.lines.push(line),
                Err(error) => panic!("no line has `{text}` ({error}): {:?}", running.lines),
            }
        }
        running
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as a crash does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends its standard input, and waits until it has closed its ledger.
    pub fn end(mut self) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
