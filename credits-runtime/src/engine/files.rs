//! Files of a ledger: new ones are drafts that are renamed once they are complete, and open ones are watched for
//! removal.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

const DRAFT_SUFFIX: &str = ".new";

/// Creates an empty draft in the folder of `path`. It is deleted when dropped.
pub(crate) fn draft(path: &Path) -> std::io::Result<NamedTempFile> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    let mut draft = tempfile::Builder::new();
    draft.prefix(&name).suffix(DRAFT_SUFFIX);
    // The default permissions of a new file: a temporary file would exclude other users.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // Fails first for a missing folder: the error about the draft would name a file that the caller does not know.
    std::fs::metadata(folder(path))?;
    draft.tempfile_in(folder(path))
}

/// Deletes drafts beside `path` that a killed process left. A draft in use is locked by its process.
pub(crate) fn remove_abandoned_drafts(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_draft = |draft: &str| {
        let rest = draft.strip_prefix(&name).unwrap_or_default();
        (rest.starts_with('.') || rest.starts_with("-log.")) && rest.ends_with(DRAFT_SUFFIX)
    };
    let entries = std::fs::read_dir(folder(path)).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(is_draft)) {
        let draft = entry.path();
        if File::open(&draft).is_ok_and(|file| file.try_lock().is_ok()) {
            _ = std::fs::remove_file(draft);
        }
    }
}

/// Syncs the folder of `path`, which makes a rename durable.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder(path))?.sync_all() } else { Ok(()) }
}

/// The path with a suffix.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// An open file and its expected path.
#[derive(Debug)]
pub(crate) struct NamedFile {
    path: PathBuf,
    #[cfg_attr(not(unix), expect(dead_code, reason = "such systems keep an open file from being removed"))]
    file: File,
}

impl NamedFile {
    pub(crate) fn of(path: PathBuf, file: &File) -> std::io::Result<Self> {
        Ok(Self { path, file: file.try_clone()? })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file has no link: its bytes are lost when the last handle closes.
    #[cfg(unix)]
    pub(crate) fn is_removed(&self) -> bool {
        use std::os::unix::fs::MetadataExt;

        self.file.metadata().is_ok_and(|open| open.nlink() == 0)
    }

    /// Whether the file has no link, or another file has its path.
    #[cfg(unix)]
    pub(crate) fn is_gone(&self) -> bool {
        use std::os::unix::fs::MetadataExt;

        let Ok(open) = self.file.metadata() else { return false };
        let is_other = match std::fs::metadata(&self.path) {
            Ok(named) => (named.dev(), named.ino()) != (open.dev(), open.ino()),
            // Other errors, such as an unreadable folder, prove nothing about the file.
            Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
        };
        open.nlink() == 0 || is_other
    }

    /// Other systems keep an open file from being removed.
    #[cfg(not(unix))]
    pub(crate) fn is_removed(&self) -> bool {
        false
    }

    #[cfg(not(unix))]
    pub(crate) fn is_gone(&self) -> bool {
        self.path.try_exists().is_ok_and(|exists| !exists)
    }

    /// Free bytes of the file's disk for this process, if the system reports them.
    #[cfg(target_os = "linux")]
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::fstatvfs(&self.file).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        None
    }
}
