//! Opening a ledger in a database: its tables, the application's catalogue, and the lanes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::catalogues::{catalogues, declared_data, terms_of};
use super::clock::DatabaseClock;
use super::database::{Database, unreadable};
use super::driver::{Driver, wait_for};
use super::engine::PostgresEngine;
use super::failure::DatabaseFailure;
use super::lane::WriteLane;
use super::lease;
use super::names::{MOVED_LANE, Numbering, number};
use super::session::Session;
use super::statement::Statement;
use crate::domain::billing::sale::Sale;
use crate::domain::billing::terms::PriceList;
use crate::domain::billing::waiting::WaitingRoom;
use crate::domain::catalogue::CatalogueData;
use crate::domain::explain::Terms;
use crate::domain::ids::{FactNumber, Owner};
use crate::domain::names::Names;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::engine::batch::failed_due::FailedDue;
use crate::engine::clock::{Clock, LedgerClock};
use crate::engine::feed::CommitFeed;
use crate::engine::inboxes::Inboxes;
use crate::engine::journal::block::Head;
use crate::engine::published::Counts;
use crate::engine::recovery::{TermsByNumber, check_names, check_plans, names};
use crate::engine::request::inbox::{Inbox, Queue};
use crate::engine::rows::{self, encode};
use crate::engine::store::LedgerId;
use crate::engine::tuning::WaitingMax;
use crate::engine::writer::renewals::Renewals;
use crate::engine::writer::replies::Replies;
use crate::error::{LedgerError, LedgerErrorKind};

/// The version of the tables that this version of the program reads and writes.
const TABLES: i32 = 1;

/// The newest format of facts that this version of the program reads and writes, the format of files.
pub(super) const FORMAT: i32 = rows::FORMAT.cast_signed();

const SCHEMA: &str = include_str!("schema.sql");

const LEDGER: &str = "SELECT id, tables, covers, moved, format FROM ledger";

const LEDGER_EXISTS: &str = "SELECT FROM ledger";

const ADD_LEDGER: &str = "INSERT INTO ledger (id, tables, format) VALUES ($1, $2, $3)";

/// Programs wait for a lock that is waited for.
pub(super) const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '10s'";

/// No batch of another program is under way, and each later one reads the row of the ledger that is changed under this lock.
pub(super) const LOCK: &str = "LOCK TABLE lanes IN EXCLUSIVE MODE";

/// Lets programs write a newer format of facts, once no lane is held by a program that does not read it.
const RAISE_FORMAT: &str = "
    UPDATE ledger SET format = $1 WHERE format < $1 AND NOT EXISTS (
        SELECT FROM lanes WHERE format < $1 AND lane < $2 AND held_until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    )";

const ADD_WAITING_ROOM: &str = "
    INSERT INTO records (owner, record, facts, at, attention, head, body) VALUES ('', 'r', 0, 0, false, $1, $2)";

const LAST_AT: &str = "SELECT max(at) FROM lanes WHERE batches > 0";

/// What a program is to a ledger in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It declares its price list, fulfils purchases under it, and books due work.
    Application,
    /// It writes beside the application, whose price list holds.
    Tool,
    /// It writes nothing.
    Reader,
}

/// What an application chooses about a ledger in a database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connecting {
    /// Whether missing tables are made.
    pub(crate) makes_tables: bool,
    pub(crate) role: Role,
    /// Whether a ledger is read whose move into the tables is not complete.
    pub(crate) is_arriving: bool,
    /// The number of lanes of this program.
    pub(crate) lanes: usize,
    /// Longest time until a write is answered.
    pub(crate) answer_within: Duration,
    /// The statement that begins a transaction of a lane.
    pub(crate) begin: &'static str,
}

impl Connecting {
    pub(crate) const DEFAULT: Self = Self {
        makes_tables: false,
        role: Role::Application,
        is_arriving: false,
        lanes: 2,
        answer_within: Duration::from_secs(30),
        begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
}

/// The most lanes of one program.
pub(crate) const LANES_OF_PROGRAM_MAX: usize = 16;

/// What an application declares, and its clock.
pub(crate) struct Application<'a> {
    pub(crate) terms: &'a CatalogueData,
    pub(crate) prices: &'a PriceList,
    pub(crate) policy: Policy,
    /// `None` for the database's clock.
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) clock_confirmed: bool,
    pub(crate) waiting_max: WaitingMax,
    pub(crate) queue: Queue,
}

/// An opened ledger.
pub(crate) struct Connected {
    pub(crate) engine: PostgresEngine,
    pub(crate) inboxes: Inboxes,
    pub(crate) id: LedgerId,
    pub(crate) terms: TermsByNumber,
    pub(crate) catalogue: u32,
    pub(crate) names: Names,
    pub(crate) clock: Arc<LedgerClock>,
    pub(crate) feed: Arc<CommitFeed>,
    pub(crate) sale: Arc<Sale>,
    /// The catalogue by which wallets have covers.
    pub(crate) covers: Option<u32>,
}

/// A ledger that is found, before its catalogue is known.
struct FoundTables {
    driver: Driver,
    id: LedgerId,
    numbering: Numbering,
    /// The catalogue by which wallets have covers.
    covers: Option<u32>,
    /// The database's time in microseconds since 1970.
    now: i64,
}

/// Finds the tables of a ledger, or makes them.
fn find_tables(url: &str, connecting: &Connecting) -> Result<FoundTables, LedgerError> {
    let opened = |failure: DatabaseFailure| failure.into_error("the ledger cannot be opened");
    let (driver, answer_within) = (Driver::start(url, connecting.answer_within)?, connecting.answer_within);
    let session = driver.connect().map_err(opened)?;
    if connecting.makes_tables {
        wait_for(answer_within, make_tables(&session)).map_err(opened)?;
    }
    let mut row = wait_for(answer_within, ledger_row(&session)).map_err(opened)?;
    if connecting.makes_tables && row.format < FORMAT {
        let raise = Statement::unnamed(RAISE_FORMAT).integer(FORMAT).integer(MOVED_LANE);
        let statements = ["BEGIN", LOCK_TIMEOUT, LOCK].map(Statement::unnamed).into_iter();
        let statements: Vec<_> = statements.chain([raise, Statement::unnamed("COMMIT")]).collect();
        wait_for(answer_within, session.run_all(&statements)).map_err(opened)?;
        row = wait_for(answer_within, ledger_row(&session)).map_err(opened)?;
    }
    let LedgerRow { id, moved, covers, format } = row;
    if connecting.role != Role::Reader {
        check_format(format)?;
    }
    let numbering = match moved {
        Some(moved) => Numbering { moved },
        None if connecting.is_arriving => Numbering::OF_FILE,
        None => return Err(half_moved()),
    };
    let now = wait_for(answer_within, lease::now(&session)).map_err(opened)?;
    Ok(FoundTables { driver, id, numbering, covers, now })
}

/// Makes the tables of a ledger, if they are missing.
pub(crate) fn migrate(url: &str) -> Result<(), LedgerError> {
    find_tables(url, &Connecting { makes_tables: true, ..Connecting::DEFAULT }).map(drop)
}

/// The terms under which the application works: those by which wallets have covers, else the newest.
pub(crate) fn last_terms(url: &str, connecting: &Connecting) -> Result<CatalogueData, LedgerError> {
    let FoundTables { driver, numbering, covers, .. } = find_tables(url, connecting)?;
    let feed = Arc::new(CommitFeed::new(FactNumber(0)));
    let database = Arc::new(Database::new(driver, numbering, [0; 16], Connecting::DEFAULT, None, feed));
    let list = catalogues(&database)?;
    let in_use = list.declared().iter().find(|declared| Some(declared.number) == covers);
    let last = in_use.or(list.declared().last()).ok_or_else(never_opened)?;
    declared_data(&database, last)
}

fn never_opened() -> LedgerError {
    let message =
        "the ledger was never opened with a pricing, so that it has no entries: open it with its application";
    LedgerError::new(LedgerErrorKind::NotALedger, message)
}

/// Opens the ledger of a database with this address, and starts its lanes.
pub(crate) fn connect(
    url: &str,
    connecting: &Connecting,
    application: Application<'_>,
) -> Result<Connected, LedgerError> {
    let Application { terms, prices, policy, clock, clock_confirmed, waiting_max, queue } = application;
    let FoundTables { driver, id, numbering, covers, now } = find_tables(url, connecting)?;
    let database_clock = clock.is_none().then(|| Arc::new(DatabaseClock::read_at(now)));
    let clock: Arc<dyn Clock> = match (clock, &database_clock) {
        (Some(clock), _) => clock,
        (None, Some(database)) => Arc::<DatabaseClock>::clone(database),
        (None, None) => return Err(LedgerError::closed()),
    };
    let feed = Arc::new(CommitFeed::new(FactNumber(0)));
    let feed_of_commits = Arc::clone(&feed);
    let database = Database::new(driver, numbering, holder()?, *connecting, database_clock, feed_of_commits);
    let database = Arc::new(database);
    let clock = Arc::new(LedgerClock::new(clock, last_instant(&database)?, clock_confirmed));
    let counts = Arc::new(Counts::default());
    let engine = PostgresEngine::new(
        Arc::clone(&database),
        Arc::clone(&counts),
        &policy,
        connecting.role == Role::Reader,
    );
    let inboxes = Inboxes::several(connecting.lanes, || Inbox::new(queue.commands_max));
    let lane = |place: usize, inbox: &Arc<Inbox>, sale: &Arc<Sale>| -> Result<WriteLane, LedgerError> {
        Ok(WriteLane {
            inbox: Arc::clone(inbox),
            database: Arc::clone(&database),
            clock: Arc::clone(&clock),
            policy,
            sale: Arc::clone(sale),
            waiting_max,
            replies: Replies {
                inbox: Arc::clone(inbox),
                counts: Arc::clone(&counts),
                feed: Arc::clone(&feed),
            },
            renewals: Renewals::new(policy.hold_limit)?,
            failed_due: FailedDue::default(),
            unreadable_due: None,
            books_due: place == 0 && connecting.role == Role::Application,
            answer_by: Duration::ZERO,
            away_at: None,
            session: None,
            lease: None,
            unsettled: None,
            answered: None,
        })
    };
    // The first lane declares the catalogue, before there are requests about its prices.
    let mut first = lane(0, inboxes.first(), &Arc::new(no_sale()))?;
    let list = catalogues(&database)?;
    let mut known = terms_of(&database, &list)?;
    let own = || Arc::new(Terms::of(terms.clone()));
    let declared = list.number_of(&terms.terms_fingerprint());
    let number = match (declared, connecting.role) {
        (Some(number), Role::Tool) if covers.is_some_and(|in_use| in_use != number) => {
            return Err(other_prices());
        }
        (Some(number), Role::Tool | Role::Reader) => number,
        // A ledger may still move into the tables.
        (None, Role::Reader) if list.declared().is_empty() => return Err(never_opened()),
        // No catalogue has this number.
        (None, Role::Reader) => u32::MAX,
        (None, Role::Tool) if !list.declared().is_empty() => return Err(other_prices()),
        (_, Role::Application | Role::Tool) => {
            if declared.is_none() {
                check_names(&names(&known, None), terms)?;
            }
            let last = list.declared().last();
            if last.is_some_and(|last| last.fingerprint != terms.terms_fingerprint()) {
                let mut known = known.clone();
                let number = declared.unwrap_or_else(|| list.declaration(terms).0);
                known.insert(number, own());
                let page = |after: Option<&Owner>, max| engine.billed_owners(after, max);
                let billing = |owner: &Owner| Ok(engine.billing(owner)?.billing);
                let prices = prices.clone().kept_as(&names(&known, Some(number)));
                check_plans(page, billing, &prices, clock.now())?;
            }
            let number = first.declare(terms)?;
            if declared.is_none() {
                known = terms_of(&database, &catalogues(&database)?)?;
            }
            number
        }
    };
    known.insert(number, own());
    let names = names(&known, Some(number));
    let sale = Arc::new(Sale::of(prices.clone(), &names, &known, number));
    if connecting.role == Role::Reader {
        inboxes.close();
    } else {
        first.sale = Arc::clone(&sale);
        let others = inboxes.others().iter().enumerate();
        let others = others.map(|(place, inbox)| lane(place.saturating_add(1), inbox, &sale));
        let others: Vec<WriteLane> = others.collect::<Result<_, LedgerError>>()?;
        for lane in std::iter::once(first).chain(others) {
            let thread = std::thread::Builder::new().name("credits-lane".to_owned());
            let thread = thread.spawn(move || lane.run()).map_err(|error| {
                LedgerError::caused(LedgerErrorKind::Io, "cannot start a thread of the ledger", error)
            })?;
            engine.keep(thread);
        }
    }
    Ok(Connected { engine, inboxes, id, terms: known, catalogue: number, names, clock, feed, sale, covers })
}

/// The instant of the ledger's last frame, which the database notes.
fn last_instant(database: &Database) -> Result<Option<Timestamp>, LedgerError> {
    let rows = database.read(|| Statement::new(LAST_AT))?;
    let last: Option<i64> = rows.first().map(|row| unreadable(row.try_get(0))).transpose()?.flatten();
    let last = last.map(Timestamp::from_microseconds);
    if let Some(last) = last {
        database.saw(last);
    }
    Ok(last)
}

/// A price list without prices.
fn no_sale() -> Sale {
    Sale {
        prices: PriceList::default(),
        operations: HashMap::new(),
        assets: HashMap::new(),
        declared_assets: BTreeSet::new(),
    }
}

/// The error of a tool with another price list than the application's.
fn other_prices() -> LedgerError {
    let message = "the application has opened the ledger with another price list than this program's: use the program that it runs, or \
                   the binary `credits`, which needs no price list";
    LedgerError::new(LedgerErrorKind::PlanChanged, message)
}

/// Makes the tables, if they are missing. Another program may make them at the same time.
pub(super) async fn make_tables(session: &Session) -> Result<(), DatabaseFailure> {
    let is_made = |failure: &DatabaseFailure| match failure {
        DatabaseFailure::Refused(error) | DatabaseFailure::Again(error) => {
            matches!(error.code(), Some(&(SqlState::DUPLICATE_TABLE | SqlState::UNIQUE_VIOLATION)))
        }
        _ => false,
    };
    if session.run(Statement::new(LEDGER_EXISTS)).await.is_ok_and(|rows| !rows.is_empty()) {
        return Ok(());
    }
    let id = getrandom::u64().and_then(|high| Ok((high, getrandom::u64()?)));
    let (high, low) = id.map_err(no_random)?;
    let id = u128::from(high) << 64 | u128::from(low);
    let made = async {
        session.run_script(&format!("BEGIN; {SCHEMA}")).await?;
        let ledger = Statement::new(ADD_LEDGER).bytes(id.to_be_bytes()).integer(TABLES).integer(FORMAT);
        // The waiting room exists from the beginning, so that it can be locked.
        let room =
            Statement::new(ADD_WAITING_ROOM).bytes(Head::default()).bytes(encode(&WaitingRoom::default()));
        session.run_all(&[ledger, room, Statement::new("COMMIT")]).await.map(drop)
    };
    let made = made.await;
    match made {
        Err(failure) if is_made(&failure) => {
            session.run_script("ROLLBACK").await?;
            if session.run(Statement::new(LEDGER_EXISTS)).await.is_ok_and(|rows| !rows.is_empty()) {
                return Ok(());
            }
            let message = format!(
                "the tables of the ledger cannot be made, {}: give the ledger a schema of its own, with `?options=-csearch_path%3D<schema>` in the address",
                failure.into_error("the schema has other tables of their names")
            );
            Err(LedgerError::new(LedgerErrorKind::NotALedger, message).into())
        }
        other => other,
    }
}

pub(super) fn no_random(error: getrandom::Error) -> LedgerError {
    LedgerError::caused(LedgerErrorKind::Io, "no random numbers for the ledger's id", error)
}

fn holder() -> Result<[u8; 16], LedgerError> {
    let mut holder = [0; 16];
    getrandom::fill(&mut holder).map_err(no_random)?;
    Ok(holder)
}

/// The row of a ledger.
pub(super) struct LedgerRow {
    pub(super) id: LedgerId,
    /// The last number of the facts that were moved from a file; `None` while they are moved.
    pub(super) moved: Option<FactNumber>,
    /// The catalogue by which wallets have covers.
    pub(super) covers: Option<u32>,
    /// The format of facts that programs write.
    pub(super) format: i32,
}

/// Fails unless this program writes the format that the ledger has.
pub(super) fn check_format(format: i32) -> Result<(), LedgerError> {
    if format >= FORMAT {
        return check_format_is_read(format);
    }
    let message = format!(
        "the ledger's facts have format {format}, and this program writes format {FORMAT}: close the programs of the older version, and \
         run `credits migrate`, or open the ledger with `migrate()`"
    );
    Err(LedgerError::new(LedgerErrorKind::NewerVersion, message))
}

/// Fails if this program does not read the format that the ledger may have.
fn check_format_is_read(format: i32) -> Result<(), LedgerError> {
    if format <= FORMAT {
        return Ok(());
    }
    let message = format!(
        "the ledger's facts may have format {format}, and this program reads format {FORMAT}: use the version of the program that \
         raised it, or a later one"
    );
    Err(LedgerError::new(LedgerErrorKind::NewerVersion, message))
}

/// The error of a database into which a file was moved in part.
fn half_moved() -> LedgerError {
    let message = "a ledger is being moved into the database, or its move was interrupted: run the same `credits move` again, \
                   which continues it, before a program opens the ledger, or empty the schema if the ledger stays in its file";
    LedgerError::new(LedgerErrorKind::NotALedger, message)
}

/// Reads the row of a ledger.
pub(super) async fn ledger_row(session: &Session) -> Result<LedgerRow, DatabaseFailure> {
    let missing = || {
        let message = "the database has no tables of a ledger: make them once with `credits migrate`, or with `Credits::builder().migrate().connect(url)`; \
                       if it has, grant the role of the address USAGE on their schema";
        DatabaseFailure::Unreadable(LedgerError::new(LedgerErrorKind::NotALedger, message))
    };
    let rows = match session.run(Statement::new(LEDGER)).await {
        Err(DatabaseFailure::Refused(error)) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            return Err(missing());
        }
        Err(DatabaseFailure::Refused(error)) if error.code() == Some(&SqlState::UNDEFINED_COLUMN) => {
            let message = "the ledger's tables were made by a revision of this program before its first release: use that revision, or \
                           move the ledger by its export";
            return Err(LedgerError::new(LedgerErrorKind::NewerVersion, message).into());
        }
        rows => rows?,
    };
    let row = rows.first().ok_or_else(missing)?;
    let tables: i32 = row.try_get(1)?;
    if tables != TABLES {
        let message = format!(
            "the ledger's tables have version {tables}, and this program reads version {TABLES}: use the version of the program that made them, or a later one"
        );
        return Err(LedgerError::new(LedgerErrorKind::NewerVersion, message).into());
    }
    let format: i32 = row.try_get(4)?;
    check_format_is_read(format)?;
    let id: &[u8] = row.try_get(0)?;
    let broken = || LedgerError::damaged("its id cannot be read");
    let (covers, moved): (Option<i32>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
    Ok(LedgerRow {
        id: id.try_into().map_err(|_| broken())?,
        moved: moved.map(number),
        covers: covers.and_then(|covers| u32::try_from(covers).ok()),
        format,
    })
}
