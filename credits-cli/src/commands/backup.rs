//! `backup` and `restore`: a ledger in another file, and a file as a ledger.

use std::fs;
use std::io::{self, Read, Write};
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
    let failed = |error: io::Error| unwritable(to, &error);
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(FilePath::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let progress = Progress::bytes(session.terminal, "copying", response.bytes);
    let copied = copied(&mut progress.reading(response.body), draft.as_file_mut(), to);
    drop(progress);
    let copied = copied?;
    if response.bytes.is_some_and(|bytes| bytes != copied) {
        return Err(cut_off("try again"));
    }
    draft.as_file().sync_all().map_err(failed)?;
    draft.persist_noclobber(to).map_err(|refused| failed(refused.error))?;
    kept(folder).map_err(failed)?;
    Ok(copied)
}

/// Copies a download to a file, so that the failure says which of the two failed.
fn copied(from: &mut impl Read, into: &mut impl Write, to: &FilePath) -> Result<u64, Failure> {
    let (mut buffer, mut bytes) = (vec![0; 64 * 1_024], 0);
    loop {
        let read = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(|error| cut_off(&error.to_string()))?,
        };
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Ok(bytes);
        }
        into.write_all(part).map_err(|error| unwritable(to, &error))?;
        bytes += u64::try_from(read).unwrap_or_default();
    }
}

fn cut_off(reason: &str) -> Failure {
    let message = format!("the download ended before its end, and is not kept: {reason}");
    Failure::new(Exit::Unreachable, message)
}

fn unwritable(to: &FilePath, error: &io::Error) -> Failure {
    let message = format!(
        "`{}` cannot be written ({error}): free space on its disk, or name a file in another folder",
        to.display()
    );
    Failure { message, ..Failure::file(to, error) }
}

/// Makes the name of a new file in a folder outlast a loss of power.
#[cfg(unix)]
fn kept(folder: &FilePath) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Other systems open no folders.
#[cfg(not(unix))]
fn kept(_: &FilePath) -> io::Result<()> {
    Ok(())
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
        let to = session.place.file("restore")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk without space.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A connection that was lost.
    struct Lost;

    impl Read for Lost {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }

    #[test]
    fn a_full_disk_is_no_lost_connection() {
        let to = FilePath::new("monday.redb");
        let full = copied(&mut &b"redb"[..], &mut Full, to).unwrap_err();
        assert_eq!(full.exit, Exit::Refused);
        assert!(
            full.message.starts_with("`monday.redb` cannot be written (no storage space): free space"),
            "{full:?}"
        );
        let lost = copied(&mut Lost, &mut Vec::new(), to).unwrap_err();
        assert_eq!(lost.exit, Exit::Unreachable);
        let mut whole = Vec::new();
        assert_eq!((copied(&mut &b"redb"[..], &mut whole, to).unwrap(), whole), (4, b"redb".to_vec()));
    }
}
