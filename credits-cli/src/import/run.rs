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
use super::survey::Survey;
use super::{opening_balances, replay};

/// The object that is linked at the end of an import, so that the ledger's last fact is new.
const LAST_FACT: &str = "import:end";

/// A function that opens a ledger with a clock.
pub type Opening = dyn Fn(&Path, ImportClock) -> Result<Credits<()>, Error>;

/// How the ledger that is filled is opened, and what its pricing declares.
pub struct Target<'a> {
    /// Opens the ledger in a file, or creates it, with this clock, which is confirmed.
    pub open: &'a Opening,
    /// The declarations of its pricing.
    pub declared: Declared,
}

/// Fills a ledger of an application's pricing.
///
/// Errors in order: those of the options, of the database, [`Undeclared`](ImportError::Undeclared),
/// [`Refused`](ImportError::Refused), [`LedgerInUse`](ImportError::LedgerInUse). Nothing is written before these. Then
/// [`Rejected`](ImportError::Rejected) and the ledger's.
///
/// An import that ended early goes on when it is run again, and running it again after its end changes nothing.
pub fn run<C: Pricing>(options: &Options) -> Result<Report, ImportError> {
    let open = |path: &Path, clock: ImportClock| {
        Credits::<C>::builder()
            .clock(clock)
            .confirm_clock()
            .open(path)
            .map(|credits| credits.without_pricing())
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
    match options.execution {
        Execution::Import => import.fill(&options.ledger, &mut *database, survey, &billed),
        Execution::DryRun => import.rehearse(&mut *database, survey, &billed),
    }
}

struct Import<'a> {
    target: &'a Target<'a>,
    options: &'a Options,
    schema: &'a Schema,
}

impl Import<'_> {
    /// Fills a copy of the ledger, or a new one in its place, and removes it.
    fn rehearse(
        &self,
        database: &mut dyn Database,
        survey: Survey,
        billed: &Billed,
    ) -> Result<Report, ImportError> {
        let ledger = &self.options.ledger;
        let beside = ledger.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = tempfile::tempdir_in(beside.unwrap_or(Path::new(".")));
        let folder = folder.map_err(|source| file(ledger, source))?;
        let copy = folder.path().join("rehearsal.redb");
        if ledger.exists() {
            let original = (self.target.open)(ledger, ImportClock::at(Timestamp::MIN))?;
            original.backup(&copy)?;
            original.close()?;
        }
        self.fill(&copy, database, survey, billed)
    }

    fn fill(
        &self,
        ledger: &Path,
        database: &mut dyn Database,
        mut survey: Survey,
        billed: &Billed,
    ) -> Result<Report, ImportError> {
        let (options, version) = (self.options, self.schema.version);
        let first = survey.first.as_ref().map_or(options.now, |first| first.at.min(options.now));
        let clock = ImportClock::at(match options.mode {
            Mode::History => first,
            Mode::Balances => options.now,
        });
        let credits = (self.target.open)(ledger, clock.clone())?;
        self.check_unused(&credits, &survey)?;
        let wallets = &survey.wallets;
        let mut filling = Filling::new((&credits, &clock), (options, version), wallets, &mut survey.findings);
        match options.mode {
            Mode::History => replay::replay(database, self.schema, &mut filling)?,
            Mode::Balances => opening_balances::fill(database, self.schema, &mut filling)?,
        }
        let rows = filling.rows;
        let billing = billed.carry(&credits, (options, version), wallets, &mut survey.findings)?;
        credits.book_due()?;
        self.renew(&credits, wallets)?;
        let compared = compare(&credits, wallets, version)?;
        credits.close()?;
        Ok(Report {
            version,
            mode: options.mode,
            execution: options.execution,
            rows,
            billing,
            findings: survey.findings.counts(),
            wallets: compared.wallets,
            differing: compared.differing,
            differences: compared.differences,
            totals: compared.totals,
        })
    }

    /// Refuses the history of another database: its times would be before the ledger's.
    fn check_unused(&self, credits: &Credits<()>, survey: &Survey) -> Result<(), ImportError> {
        let entries = credits.entries().limit(1).page()?.entries;
        if entries.is_empty() || self.options.mode == Mode::Balances {
            return Ok(());
        }
        let imported =
            survey.first.as_ref().map(|first| self.has_entry(credits, survey, (&first.wallet, &first.id)));
        if imported.transpose()?.unwrap_or(false) { Ok(()) } else { Err(ImportError::LedgerInUse) }
    }

    fn has_entry(
        &self,
        credits: &Credits<()>,
        survey: &Survey,
        (wallet, id): (&str, &str),
    ) -> Result<bool, ImportError> {
        let Some(wallet) = survey.wallets.get(wallet) else { return Ok(false) };
        let wallet = credits.wallet(&wallet.owner).of_asset_named(&wallet.asset);
        let page = wallet.credit_history().key(self.schema.version.key("tx", id)).limit(1).page()?;
        Ok(!page.entries.is_empty())
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

fn file(path: &Path, source: std::io::Error) -> ImportError {
    ImportError::File { path: path.display().to_string(), source }
}
