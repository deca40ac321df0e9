//! Chromium, Node.js and the packages of `tests/browser`, for tests that look at pages as a browser shows them.
//!
//! It knows nothing of what the scripts there look at.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const CHROMIUM: &str = "/usr/bin/chromium";

/// The programs that the scripts need.
pub(crate) struct Browser {
    chromium: PathBuf,
    scripts: PathBuf,
}

impl Browser {
    /// The programs. Where one is missing it says so, and that the tests did not run.
    pub(crate) fn find() -> Option<Self> {
        Self::found().map_err(|reason| say(&format!("the browser tests did not run: {reason}"))).ok()
    }

    fn found() -> Result<Self, String> {
        let chromium = PathBuf::from(env::var_os("CREDITS_TEST_CHROMIUM").unwrap_or(CHROMIUM.into()));
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/browser");
        if !chromium.exists() {
            return Err(format!(
                "there is no `{}`: install chromium, or set CREDITS_TEST_CHROMIUM",
                chromium.display()
            ));
        }
        if Command::new("node").arg("--version").output().is_err() {
            return Err("there is no `node`: install Node.js 20 or newer".to_owned());
        }
        if ["playwright-core", "axe-core"]
            .iter()
            .any(|name| !scripts.join("node_modules").join(name).exists())
        {
            return Err("the packages are missing: run `npm ci --prefix tests/browser`".to_owned());
        }
        Ok(Self { chromium, scripts })
    }

    /// Runs a script with the address of a program and a token for its API.
    pub(crate) fn run(&self, script: &str, url: &str, token: &str) {
        let mut node = Command::new("node");
        node.arg(self.scripts.join(script)).arg(url);
        node.env("CREDITS_TEST_CHROMIUM", &self.chromium).env("CREDITS_TEST_TOKEN", token);
        let output = node.output().unwrap();
        let text =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success(), "{text}");
        say(&text);
    }
}

/// Writes a line past the test harness, which hides what a passing test prints.
fn say(text: &str) {
    let line = format!("{}\n", text.trim_end());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
