//! The merged rows of one table in a snapshot: rows of the memtables hide those of the file.

use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use redb::{AccessGuard, Range, ReadOnlyTable, StorageError};

use super::errors::read_failed;
use super::memtable::Rows;
use crate::error::LedgerError;

type RowBytes = &'static [u8];
type FileRow<'a> = Result<(AccessGuard<'a, RowBytes>, AccessGuard<'a, RowBytes>), StorageError>;

/// A row of a table.
pub(crate) struct Row {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// A table of the file and the memtables over it, the newest first.
pub(super) struct Merged<'a> {
    pub(super) newer: [&'a Rows; 2],
    pub(super) file: &'a ReadOnlyTable<RowBytes, RowBytes>,
}

/// An iterator over the rows of a range, in key order.
pub(super) struct MergedRows<'a> {
    newer: [Peekable<Box<dyn Iterator<Item = NewerRow<'a>> + 'a>>; 2],
    file: Peekable<Range<'a, RowBytes, RowBytes>>,
}

type NewerRow<'a> = (&'a [u8], Option<&'a [u8]>);

impl<'a> Merged<'a> {
    /// The value of a row.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        if let Some(row) = self.newer.iter().find_map(|rows| rows.get(key)) {
            return Ok(row.as_ref().map(|value| value.to_vec()));
        }
        let row = self.file.get(key).map_err(|error| read_failed(&error))?;
        Ok(row.map(|row| row.value().to_vec()))
    }

    /// The rows of a range.
    pub(super) fn range(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<MergedRows<'a>, LedgerError> {
        let newer = self.newer.map(|rows| {
            let bounds = (from.map(<[u8]>::to_vec), to.map(<[u8]>::to_vec));
            let rows = rows.range::<Vec<u8>, _>(bounds).map(|(key, value)| (&key[..], value.as_deref()));
            (Box::new(rows) as Box<dyn Iterator<Item = NewerRow<'a>>>).peekable()
        });
        let file = self.file.range::<&[u8]>((from, to)).map_err(|error| read_failed(&error))?;
        Ok(MergedRows { newer, file: file.peekable() })
    }

    /// The last row of a range.
    pub(super) fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Row>, LedgerError> {
        let range = (Bound::Included(from), Bound::Excluded(to));
        let [newest, newer] = self.newer;
        let newest_row = newest.range::<[u8], _>(range).rev().find_map(row);
        let is_current = |key: &[u8]| newest.get(key).is_none();
        let newer_row = newer.range::<[u8], _>(range).rev().filter(|(key, _)| is_current(key)).find_map(row);
        let in_memory = newest_row.into_iter().chain(newer_row).max_by_key(|(key, _)| *key);
        for row in self.file.range::<&[u8]>(from..to).map_err(|error| read_failed(&error))?.rev() {
            let (key, value) = row.map_err(|error| read_failed(&error))?;
            let key = key.value();
            if in_memory.is_some_and(|(found, _)| found >= key) {
                break;
            }
            if is_current(key) && newer.get(key).is_none() {
                return Ok(Some(Row { key: key.to_vec(), value: value.value().to_vec() }));
            }
        }
        Ok(in_memory.map(|(key, value)| Row { key: key.to_vec(), value: value.to_vec() }))
    }
}

fn row<'a>((key, value): (&'a Vec<u8>, &'a Option<Arc<[u8]>>)) -> Option<(&'a [u8], &'a [u8])> {
    Some((key, value.as_deref()?))
}

impl Iterator for MergedRows<'_> {
    type Item = Result<Row, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { newer: [newest, newer], file } = self;
        loop {
            if let Some(Err(_)) = file.peek() {
                return file.next().map(read);
            }
            let heads = [newest.peek().map(|(key, _)| *key), newer.peek().map(|(key, _)| *key)];
            let in_file = file.peek().and_then(|row| row.as_ref().ok()).map(|(key, _)| key.value().to_vec());
            let least = heads.into_iter().flatten().chain(in_file.as_deref()).min()?.to_vec();
            // The newest row of a key hides the older ones.
            let of_file = file.next_if(|row| row.as_ref().is_ok_and(|(key, _)| key.value() == least));
            let of_newer = newer.next_if(|(key, _)| *key == least);
            match newest.next_if(|(key, _)| *key == least).or(of_newer) {
                Some((_, None)) => {}
                Some((_, Some(value))) => return Some(Ok(Row { key: least, value: value.to_vec() })),
                None => return of_file.map(read),
            }
        }
    }
}

fn read(row: FileRow<'_>) -> Result<Row, LedgerError> {
    let (key, value) = row.map_err(|error| read_failed(&error))?;
    Ok(Row { key: key.value().to_vec(), value: value.value().to_vec() })
}
