//! Every example, run as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn documents(folder: &Path, words: &[&str]) -> (bool, String) {
    shown(Command::new(env!("CARGO_BIN_EXE_documents")).current_dir(folder).args(words).output().unwrap())
}

fn shown(Output { status, stdout, stderr }: Output) -> (bool, String) {
    let text = [stdout, stderr].concat();
    (status.success(), String::from_utf8(text).unwrap())
}

/// A folder with a text of this many characters.
fn folder_with(file: &str, characters: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text: String = "one word or another ".chars().cycle().take(characters).collect();
    std::fs::write(folder.path().join(file), text).unwrap();
    folder
}

fn assert_shows(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn the_quickstart_is_the_readmes_and_runs_twice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, source) = include_str!("quickstart.rs").split_once("\n\n").unwrap();
    assert_shows(&readme, &[source]);

    let folder = tempfile::tempdir().unwrap();
    for left in ["50", "0"] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_quickstart")).current_dir(folder.path()).output().unwrap();
        let (success, text) = shown(output);
        assert!(success);
        assert_eq!(text, format!("a picture of a cat, and {left} credits left\n"));
    }
}

#[test]
fn the_free_plan_is_the_readmes_and_is_given_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, shown_lines) = readme.split_once("Free: 100 credits every month.").unwrap();
    let (_, block) = shown_lines.split_once("```rust,ignore\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let source = include_str!("free.rs");
    let compiled: Vec<_> = source.lines().map(str::trim).collect();
    assert_eq!(block.lines().count(), 3);
    for line in block.lines() {
        assert!(compiled.contains(&line), "`{line}` is not in:\n{source}");
    }

    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = Command::new(env!("CARGO_BIN_EXE_free")).current_dir(folder.path()).output().unwrap();
        assert_eq!(shown(output), (true, "100 credits, and 100 more to come\n".to_owned()));
    }
}

#[test]
fn documents_are_paid_from_a_balance_that_is_carried_over() {
    let folder = folder_with("report.txt", 3_001);
    let (success, text) = documents(folder.path(), &["alice", "report.txt"]);
    assert!(success, "{text}");
    assert_shows(
        &text,
        &["Welcome, alice! 20 credits", "report.txt: 2 pages, 7 credits.", "Balance: 13 credits"],
    );

    let (success, text) = documents(folder.path(), &["alice", "report.txt"]);
    assert!(success, "{text}");
    assert_shows(
        &text,
        &["Welcome back, alice: 13 credits.", "Balance: 6 credits", "signup", "Process document", "-7"],
    );

    let (success, text) = documents(folder.path(), &["alice", "report.txt"]);
    assert!(!success);
    let refusal = "Sorry, that takes 7 credits and you have 6. A refill gives 220 for $9.";
    assert_shows(&text, &[refusal, "Balance: 6 credits"]);

    let (_, text) = documents(folder.path(), &["bob", "report.txt"]);
    assert_shows(&text, &["Welcome, bob! 20 credits", "Balance: 13 credits"]);
}

#[test]
fn a_document_that_cannot_be_processed_is_not_charged() {
    let folder = folder_with("long.txt", 3_000 * 501);
    std::fs::write(folder.path().join("image.png"), [0x89, b'P', b'N', b'G', 0xff]).unwrap();
    let (success, text) = documents(folder.path(), &["alice", "missing.txt", "image.png", "long.txt"]);
    assert!(!success);
    assert_shows(
        &text,
        &[
            "missing.txt: cannot be read",
            "image.png: it is no UTF-8 text",
            "long.txt: `process_document` was asked for 501 pages: its limit is 500 pages. Nothing was charged.",
            "Balance: 20 credits",
        ],
    );
}

#[test]
fn a_run_killed_in_the_middle_of_its_work_is_not_charged() {
    let folder = folder_with("report.txt", 100);
    let mut child = Command::new(env!("CARGO_BIN_EXE_documents"))
        .current_dir(folder.path())
        .args(["--review", "alice", "report.txt"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("different.")).expect("the work begins");
    child.kill().unwrap();
    child.wait().unwrap();

    let (success, text) = documents(folder.path(), &["alice", "report.txt"]);
    assert!(success, "{text}");
    assert_shows(
        &text,
        &[
            "Welcome back, alice: 14 credits.",
            "A run was cut off: the 6 credits it had set aside are free again.",
            "Balance: 14 credits",
        ],
    );
}

#[test]
fn a_result_that_is_given_back_is_not_charged() {
    let folder = folder_with("report.txt", 100);
    for (answer, balance) in [("n\n", "Balance: 20 credits"), ("y\n", "Balance: 14 credits")] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_documents"))
            .current_dir(folder.path())
            .args(["--review", "alice", "report.txt"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        child.wait().unwrap();
        assert_shows(&text, &[balance]);
    }
}

#[test]
fn three_months_of_images_pass() {
    let output = Command::new(env!("CARGO_BIN_EXE_images")).output().unwrap();
    let (success, text) = shown(output);
    assert!(success, "{text}");
    assert_shows(
        &text,
        &[
            "a trial of two weeks: 20 credits",
            "no picture: 5 credits needed for `generate_image`, 0 available",
            "the bonus for joining: 350 credits",
            // 1,700 more for 13 days and 22 hours of 28 days.
            "the upgrade is paid: 944 credits",
            "a month of the new plan: 2050 credits",
            "nothing follows: 50 credits",
            "+844 credits  Subscription upgrade: Pro (subscription_upgrade)",
        ],
    );
}

#[test]
fn a_transcription_costs_what_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let transcribe = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_transcription"));
        shown(command.current_dir(folder.path()).args(words).output().unwrap())
    };
    let (success, text) = transcribe(&["ann", "95", "30", "900"]);
    assert!(success, "{text}");
    assert_shows(
        &text,
        &[
            "95 s: -2 tokens (19/12 minutes), 58 left",
            "30 s: -1 token",
            "900 s: -27 tokens (10 minutes), 30 left",
        ],
    );
    let (_, text) = transcribe(&["ann", "600", "1"]);
    assert_shows(
        &text,
        &["600 s: -27 tokens (10 minutes), 3 left", "up to 27 tokens must be there, 3 are: not begun"],
    );
    assert!(!transcribe(&["ann", "long"]).0);
}

#[test]
fn the_gems_page_prints_its_results() {
    let (success, text) = shown(Command::new(env!("CARGO_BIN_EXE_gem")).output().unwrap());
    assert!(success, "{text}");
    assert_eq!(text, include_str!("gem.txt"));
}

#[test]
fn without_files_the_usage_and_the_prices_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (success, text) = documents(folder.path(), &["alice"]);
    assert!(!success);
    assert_shows(
        &text,
        &["usage: documents", "studio   5000 credits every month", "refill   220 credits for $9"],
    );
    assert!(!folder.path().join("documents.redb").exists());
}
