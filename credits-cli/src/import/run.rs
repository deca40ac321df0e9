//! An import from beginning to end: survey, check of the declarations, filling, marks, comparison.

use std::path::Path;

use credits_runtime::billing::ObjectId;
use credits_runtime::generated::Pricing;
use credits_runtime::limits::CLOCK_SILENCE_MAX;
use credits_runtime::{Credits, Error, Timestamp};

use super::billing::{self, Billed};
use super::clock::ImportClock;
use super::compare::compare;
use super::database::{self, Database};
use super::declared::Declared;
use super::error::ImportError;
use super::filling::Filling;
use super::options::{BillingPart, Execution, Mode, Options};
use super::report::Report;
use super::schema::Schema;
use super::standing::Standing;
use super::survey::Survey;
use super::{opening_balances, replay};

/// The object that is linked at the end of an import, so that the ledger's last fact is new.
const LAST_FACT: &str = "import:end";

/// Transactions of a history that is built in memory before its ledger appears as a file. A larger one is written row by
/// row, with a sync for each.
const IN_MEMORY_MAX: u64 = 1_000_000;

/// The ledger that an import opens.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// A file, which is created if it does not exist.
    File(&'a Path),
    /// An existing file, for reading.
    ReadOnly(&'a Path),
    /// A new ledger in memory.
    Memory,
}

/// A function that opens a ledger with a clock, which it confirms.
pub type Opening = dyn Fn(Place<'_>, ImportClock) -> Result<Credits<()>, Error>;

/// How the ledger that is filled is opened, and what its pricing declares.
pub struct Target<'a> {
    /// Opens the ledger.
    pub open: &'a Opening,
    /// The declarations of its pricing.
    pub declared: Declared,
}

/// Fills a ledger of an application's pricing.
///
/// Errors in order: those of the options, of the database, [`Undeclared`](ImportError::Undeclared),
/// [`Refused`](ImportError::Refused), [`ModeDiffers`](ImportError::ModeDiffers),
/// [`LedgerOpened`](ImportError::LedgerOpened), [`LedgerInUse`](ImportError::LedgerInUse). Nothing is written before these. Then
/// [`Rejected`](ImportError::Rejected) and the ledger's.
///
/// A new ledger appears with everything in it, or not at all. An existing one, and a new one for more than 1,000,000
/// transactions, is written row by row: an import that ended early goes on when it is run again. Running it again after its
/// end changes nothing.
pub fn run<C: Pricing>(options: &Options) -> Result<Report, ImportError> {
    let open = |place: Place<'_>, clock: ImportClock| {
        let builder = Credits::<C>::builder().clock(clock).confirm_clock();
        let credits = match place {
            Place::File(path) => builder.open(path),
            Place::ReadOnly(path) => builder.open_read_only(path),
            Place::Memory => builder.in_memory(),
        };
        credits.map(|credits| credits.without_pricing())
    };
    run_into(&Target { open: &open, declared: C::CATALOGUE.into() }, options)
}

/// Fills a ledger that the caller opens, such as one without a pricing. Otherwise like [`run`].
pub fn run_into(target: &Target<'_>, options: &Options) -> Result<Report, ImportError> {
    let mut database = database::open(&options.database)?;
    let schema = Schema::of(&database.columns()?, options)?;
    let mut survey = Survey::of(&mut *database, &schema, options)?;
    let billed = match options.billing {
        BillingPart::Carried if schema.has_pay => {
            billing::read(&mut *database, &schema, options, &target.declared, &mut survey.findings)?
        }
        _ => Billed::default(),
    };
    if let Some(snippet) = target.declared.missing(&survey.categories, &survey.assets, &billed.plans) {
        return Err(ImportError::Undeclared { snippet });
    }
    if survey.findings.has_refused() {
        return Err(ImportError::Refused { findings: survey.findings.counts() });
    }
    let import = Import { target, options, schema: &schema };
    import.run(&mut *database, survey, &billed)
}

struct Import<'a> {
    target: &'a Target<'a>,
    options: &'a Options,
    schema: &'a Schema,
}

impl Import<'_> {
    /// Fills the ledger, one in memory that becomes the ledger's file, or a copy of it that is removed.
    fn run(
        &self,
        database: &mut dyn Database,
        survey: Survey,
        billed: &Billed,
    ) -> Result<Report, ImportError> {
        let ledger = &self.options.ledger;
        let is_small = survey.transactions <= IN_MEMORY_MAX;
        let clock = ImportClock::at(self.begins_at(&survey));
        let open = |place: Place<'_>| (self.target.open)(place, clock.clone());
        let fill = |credits: &Credits<()>| self.fill((credits, &clock), database, survey, billed);
        match self.options.execution {
            Execution::DryRun if is_small && !ledger.exists() => fill(&open(Place::Memory)?),
            Execution::DryRun => {
                let folder = self.rehearsal()?;
                let copy = folder.path().join("rehearsal.redb");
                if ledger.exists() {
                    open(Place::ReadOnly(ledger))?.backup(&copy)?;
                }
                fill(&open(Place::File(&copy))?)
            }
            Execution::Import if is_small && !ledger.exists() => {
                let credits = open(Place::Memory)?;
                let report = fill(&credits)?;
                credits.backup(ledger)?;
                Ok(report)
            }
            Execution::Import => {
                let credits = open(Place::File(ledger))?;
                let report = fill(&credits)?;
                credits.close()?;
                Ok(report)
            }
        }
    }

    /// A folder beside the ledger, removed with its handle.
    fn rehearsal(&self) -> Result<tempfile::TempDir, ImportError> {
        let ledger = &self.options.ledger;
        let beside = ledger.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = tempfile::tempdir_in(beside.unwrap_or(Path::new(".")));
        folder.map_err(|source| ImportError::File { path: ledger.display().to_string(), source })
    }

    fn begins_at(&self, survey: &Survey) -> Timestamp {
        let now = self.options.now;
        match (self.options.mode, &survey.first) {
            (Mode::History, Some(first)) => first.at.min(now),
            _ => now,
        }
    }

    fn fill(
        &self,
        (credits, clock): (&Credits<()>, &ImportClock),
        database: &mut dyn Database,
        mut survey: Survey,
        billed: &Billed,
    ) -> Result<Report, ImportError> {
        let (options, version) = (self.options, self.schema.version);
        Standing { credits, options, schema: self.schema, survey: &survey }.check(database)?;
        let wallets = &survey.wallets;
        let mut filling = Filling::new((credits, clock), (options, version), wallets, &mut survey.findings);
        match options.mode {
            Mode::History => replay::replay(database, self.schema, &mut filling)?,
            Mode::Balances => opening_balances::fill(database, self.schema, &mut filling)?,
        }
        let rows = filling.rows;
        let billing = billed.carry(credits, (options, version), wallets, &mut survey.findings)?;
        credits.book_due()?;
        self.renew(credits, wallets)?;
        let compared = compare(credits, wallets, version)?;
        Ok(Report {
            version,
            mode: options.mode,
            execution: options.execution,
            rows,
            billing,
            newest_row: survey.newest.max(billed.newest).map(|newest| newest.min(options.now)),
            findings: survey.findings.counts(),
            wallets: compared.wallets,
            differing: compared.differing,
            differences: compared.differences,
            totals: compared.totals,
        })
    }

    /// Makes sure that the application can open a ledger whose last row is old without confirming its clock.
    fn renew(&self, credits: &Credits<()>, wallets: &super::wallets::GemWallets) -> Result<(), ImportError> {
        let newest = credits.entries().limit(1).page()?.entries.into_iter().next();
        let silence = newest.map(|newest| self.options.now.since(newest.entry.recorded_at));
        let owner = wallets.iter().next().map(|(_, wallet)| wallet.owner.clone());
        if let (Some(owner), Some(object)) = (owner, ObjectId::new(LAST_FACT))
            && silence.is_some_and(|silence| silence > CLOCK_SILENCE_MAX)
        {
            credits.link(object, owner).wait()?;
        }
        Ok(())
    }
}
