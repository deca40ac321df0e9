//! The header: two pages, written in turn, so that a torn write leaves the older one readable.

use std::io::Error;

use xxhash_rust::xxh3::xxh3_128;

use super::file::{Aligned, LogFile};
use super::{Checksum, HEADER_PAGES, Lineage, PAGE_BYTES};
use crate::domain::ids::FactNumber;
use crate::engine::store::LedgerId;

const MAGIC: &[u8; 16] = b"credits log   1\0";
const CHECKSUM_AT: usize = 89;

/// The header of a log, which binds it to its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) ledger: LedgerId,
    pub(crate) lineage: Lineage,
    pub(crate) session: u64,
    /// Whether the log may have records that the ledger's file lacks.
    pub(crate) is_open: bool,
    /// The ledger's next fact at the last clean close, or at the creation of the log.
    pub(crate) next_fact: FactNumber,
    /// Number of header writes. The larger one of the two headers is valid.
    pub(super) count: u64,
    /// The checksum of the last record at the last clean close; zero before the first.
    pub(crate) last: Checksum,
}

impl Header {
    /// The header of a new log.
    pub(crate) fn new(ledger: LedgerId, lineage: Lineage, next_fact: FactNumber) -> Self {
        Self { ledger, lineage, session: 0, is_open: false, next_fact, count: 0, last: Checksum::default() }
    }

    /// Reads the newer of the two headers; `None` if neither has a valid checksum.
    pub(crate) fn read(file: &LogFile) -> Result<Option<Self>, Error> {
        let length = file.len()?;
        let mut newest: Option<Self> = None;
        for place in 0..HEADER_PAGES {
            let at = place.saturating_mul(PAGE_BYTES as u64);
            if at.saturating_add(PAGE_BYTES as u64) > length {
                continue;
            }
            let mut page = [0; PAGE_BYTES];
            file.read(at, &mut page)?;
            let header = Self::of_page(&page);
            newest = newest.into_iter().chain(header).max_by_key(|header| header.count);
        }
        Ok(newest)
    }

    /// Overwrites the older header, durably.
    pub(crate) fn write(&mut self, file: &LogFile) -> Result<(), Error> {
        self.count = self.count.saturating_add(1);
        let mut page = Aligned::default();
        let page = page.bytes(PAGE_BYTES);
        self.fill(page);
        file.write(self.at(), page)
    }

    pub(super) fn at(&self) -> u64 {
        (self.count % HEADER_PAGES).saturating_mul(PAGE_BYTES as u64)
    }

    pub(super) fn fill(&self, page: &mut [u8]) {
        let fields: [&[u8]; 8] = [
            MAGIC,
            &self.count.to_be_bytes(),
            &self.ledger,
            &self.lineage,
            &self.session.to_be_bytes(),
            &[u8::from(self.is_open)],
            &self.next_fact.get().to_be_bytes(),
            &self.last,
        ];
        let mut bytes = fields.concat();
        let checksum = xxh3_128(&bytes).to_be_bytes();
        bytes.extend_from_slice(&checksum);
        page.fill(0);
        page.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    }

    pub(super) fn of_page(page: &[u8]) -> Option<Self> {
        let (fields, rest) = page.split_at_checked(CHECKSUM_AT)?;
        if !fields.starts_with(MAGIC) || !rest.starts_with(&xxh3_128(fields).to_be_bytes()) {
            return None;
        }
        let number = |at: usize| fields.get(at..)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let name = |at: usize| fields.get(at..)?.first_chunk().copied();
        Some(Self {
            count: number(16)?,
            ledger: name(24)?,
            lineage: name(40)?,
            session: number(56)?,
            is_open: *fields.get(64)? == 1,
            next_fact: FactNumber(number(65)?),
            last: name(73)?,
        })
    }
}
