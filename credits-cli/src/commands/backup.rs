//! `backup` and `restore`: a ledger in another file, and a file as a ledger.

use std::fs;
use std::io;
use std::path::{Path as FilePath, PathBuf};

use clap::Args;
use credits_runtime::Credits;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::reach::{Access, Path, Request, Response};
use crate::session::Session;
use crate::show::{Progress, bytes, counted};

/// The arguments of `backup`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits backup monday.redb\n  \
    credits backup monday.redb --url https://studio.example/credits/api")]
pub(crate) struct Backup {
    /// The new file, which is there as a whole or not at all
    to: PathBuf,
}

impl Backup {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        refuse_existing(&self.to)?;
        let client = session.client(Access::Read)?;
        let response = client.stream(&Request::get(Path::of(["backup"])).at_length())?;
        let written = written(session, response, &self.to)?;
        let value = json!({ "file": self.to, "bytes": written });
        session.terminal.show(&value, || format!("{} has the ledger, {}", self.to.display(), bytes(written)))
    }
}

fn refuse_existing(to: &FilePath) -> Result<(), Failure> {
    if to.exists() {
        let message = format!("`{}` exists, and is not overwritten: name another file", to.display());
        return Err(Failure::new(Exit::Refused, message));
    }
    Ok(())
}

/// Writes a response to a draft, which gets the file's name once it is whole and on the disk.
pub(super) fn written(session: &Session, response: Response, to: &FilePath) -> Result<u64, Failure> {
    let failed = |error: &io::Error| Failure::file(to, error);
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let draft = tempfile::NamedTempFile::new_in(folder.unwrap_or(FilePath::new(".")));
    let mut draft = draft.map_err(|error| failed(&error))?;
    let progress = Progress::bytes(session.terminal, "copying", response.bytes);
    let copied = io::copy(&mut progress.reading(response.body), draft.as_file_mut());
    drop(progress);
    let copied = copied.map_err(|error| {
        Failure::new(
            Exit::Unreachable,
            format!("the download ended before its end, and is not kept: {error}"),
        )
    })?;
    if response.bytes.is_some_and(|bytes| bytes != copied) {
        let message = "the download ended before its end, and is not kept: try again";
        return Err(Failure::new(Exit::Unreachable, message));
    }
    draft.as_file().sync_all().map_err(|error| failed(&error))?;
    draft.persist_noclobber(to).map_err(|refused| failed(&refused.error))?;
    Ok(copied)
}

/// The arguments of `restore`.
#[derive(Debug, Args)]
#[command(
    after_help = "It works on files alone, whichever program is running: stop the program, move its ledger away, and \
    restore to its path.\n\n\
    Examples:\n  credits restore monday.redb --ledger studio.redb"
)]
pub(crate) struct Restore {
    /// The backup
    from: PathBuf,
}

impl Restore {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let to = session.place.file("restore")?.path;
        fs::metadata(&self.from).map_err(|error| Failure::file(&self.from, &error))?;
        if to.exists() {
            let message = format!(
                "there is a ledger `{}`: stop the program that has it open and move it away, or name another path with --ledger",
                to.display()
            );
            return Err(Failure::new(Exit::Refused, message));
        }
        let verified = Credits::<()>::restore(&self.from, to)?;
        let value = serde_json::to_value(verified);
        let value = value.map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        session.terminal.show(&value, || {
            format!(
                "`{}` is restored, sound, with {}",
                to.display(),
                counted(verified.facts, "fact", "facts")
            )
        })
    }
}
