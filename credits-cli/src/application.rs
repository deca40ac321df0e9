//! Applications that have the command line: their names, their ledgers, and commands of their own.

mod opening;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches};
use credits_runtime::generated::Pricing;

use crate::arguments::{self, Line};
use crate::exit::{Exit, Failure};
use crate::reach::{LedgerAddress, Opener, OwnPrices, Place, database_of, shown};
use crate::session::Session;
use crate::show::{Terminal, complain};

/// A command line for one application, or for any ledger. Made by [`app`] or [`without_pricing`].
#[must_use = "no command runs until `.run()`"]
pub struct Application {
    name: Option<String>,
    about: String,
    ledger: PathBuf,
    tokens: Option<PathBuf>,
    opener: Opener,
    prices: Option<OwnPrices>,
    own: Vec<OwnCommand>,
    default: Option<Run>,
}

/// A call of a command of the application's own.
#[derive(Clone)]
#[non_exhaustive]
pub struct Own {
    /// The ledger's file, or the address of its [database](Self::database): of `--ledger`, of `CREDITS_LEDGER`, or the
    /// application's default.
    pub ledger: PathBuf,
    /// The arguments behind the command's name.
    pub arguments: Vec<OsString>,
    /// Whether `--json` stands before them.
    pub json: bool,
    /// The address of a `--url` that stands before them.
    pub url: Option<String>,
}

type Run = Box<dyn Fn(&Own) -> ExitCode>;

struct OwnCommand {
    name: &'static str,
    about: &'static str,
    run: Run,
}

/// Runs the command of this process's arguments on the ledger of an application, `credits.redb` unless the command line or
/// `CREDITS_LEDGER` names another. The whole of `main`, where the defaults are right.
///
/// ```no_run
/// # use std::process::ExitCode;
/// credits_runtime::usage_credits! { operation step { costs 1.credit } }
///
/// fn main() -> ExitCode {
///     credits_cli::run::<Pricing>()
/// }
/// ```
pub fn run<C: Pricing>() -> ExitCode {
    app::<C>().run()
}

/// The command line of an application, with its pricing.
pub fn app<C: Pricing>() -> Application {
    let application = Application::new(opening::priced::<C>, Some(opening::priced_in_memory::<C>));
    #[cfg(feature = "import")]
    let application =
        application.command("import", "Fill a ledger from the Ruby gems usage_credits or wallets", |call| {
            let Own { ledger, arguments, json, url } = call;
            crate::import::command::<C>(crate::import::Call {
                ledger,
                json: *json,
                has_url: url.is_some(),
                has_database: call.database().is_some(),
                arguments,
            })
        });
    application
}

/// The command line for the ledger of any application, under the terms that it was last opened with. It spends on operations
/// and estimates their prices only through a running program.
pub fn without_pricing() -> Application {
    Application::new(opening::unpriced, None)
}

impl Application {
    fn new(opener: Opener, prices: Option<OwnPrices>) -> Self {
        Self {
            name: None,
            about: "Balances, history, prices and upkeep of a ledger of usage credits.".to_owned(),
            ledger: "credits.redb".into(),
            tokens: None,
            opener,
            prices,
            own: Vec::new(),
            default: None,
        }
    }

    /// The program's name in the help; that of its file unless set.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The first line of the help.
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: about.into(), ..self }
    }

    /// The ledger's file or the address of its database, unless the command line or `CREDITS_LEDGER` names another;
    /// `credits.redb` unless set. A database needs the feature `postgres`.
    pub fn ledger(self, path: impl AsRef<Path>) -> Self {
        Self { ledger: path.as_ref().to_owned(), ..self }
    }

    /// The file of the API's tokens, for `token` and `serve`; unless set `<ledger>.tokens`, or `credits.tokens` for a ledger
    /// in a database.
    pub fn tokens(self, path: impl AsRef<Path>) -> Self {
        Self { tokens: Some(path.as_ref().to_owned()), ..self }
    }

    /// Adds a command of the application's own, which is listed first in the help. One with the name of a command of this
    /// crate replaces it.
    ///
    /// ```no_run
    /// use std::process::ExitCode;
    ///
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// fn main() -> ExitCode {
    ///     credits_cli::app::<Pricing>()
    ///         .ledger("studio.redb")
    ///         .command("serve", "Start the studio's web server", |call| {
    ///             println!("with the ledger {}", call.ledger.display());
    ///             ExitCode::SUCCESS
    ///         })
    ///         .run()
    /// }
    /// ```
    pub fn command(
        mut self,
        name: &'static str,
        about: &'static str,
        run: impl Fn(&Own) -> ExitCode + 'static,
    ) -> Self {
        self.own.push(OwnCommand { name, about, run: Box::new(run) });
        self
    }

    /// Runs this where the command line names no command; without it the help is shown.
    pub fn by_default(self, run: impl Fn(&Own) -> ExitCode + 'static) -> Self {
        Self { default: Some(Box::new(run)), ..self }
    }

    /// Runs the command of this process's arguments.
    pub fn run(self) -> ExitCode {
        self.run_with(env::args_os())
    }

    /// Runs the command of these arguments. The first is the program's name, as in [`std::env::args_os`].
    pub fn run_with(self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let name = self.name.clone().or_else(|| name_of(arguments.first()?)).unwrap_or("credits".to_owned());
        let (own, needs_command) = (self.own.iter().map(OwnCommand::declared), self.default.is_none());
        let line = arguments::command(&name, &self.about, own.collect());
        let line = line.arg_required_else_help(needs_command).subcommand_required(needs_command);
        match line.clone().try_get_matches_from(arguments) {
            Ok(matches) => self.called(line, &matches),
            Err(error) => told(&error),
        }
    }

    /// Runs a command of the application's own, or one of this crate.
    fn called(self, line: clap::Command, matches: &ArgMatches) -> ExitCode {
        let ledger = || matches.get_one::<PathBuf>("ledger").unwrap_or(&self.ledger).clone();
        let Some((called, inner)) = matches.subcommand() else {
            let own = Own::of(ledger(), matches);
            return self.default.map_or(Exit::Usage.into(), |run| run(&own));
        };
        if let Some(command) = self.own.iter().find(|command| command.name == called) {
            let ledger = inner.get_one::<PathBuf>("ledger").cloned().unwrap_or_else(ledger);
            let rest = inner.get_many::<OsString>("arguments").unwrap_or_default();
            return (command.run)(&Own { arguments: rest.cloned().collect(), ..Own::of(ledger, inner) });
        }
        match Line::from_arg_matches(matches) {
            Ok(parsed) => self.ran(line, &parsed),
            Err(error) => told(&error),
        }
    }

    fn ran(self, line: clap::Command, Line { global, command }: &Line) -> ExitCode {
        let terminal = Terminal::new(global.json, global.quiet);
        let path = global.ledger.clone().unwrap_or(self.ledger);
        let tokens = self.tokens.unwrap_or_else(|| {
            let mut tokens =
                database_of(&path).map_or_else(|| path.clone().into_os_string(), |_| "credits".into());
            tokens.push(".tokens");
            tokens.into()
        });
        let place = match &global.url {
            Some(base) => Ok(Place::Url { base: base.clone(), token: env::var("CREDITS_TOKEN").ok() }),
            None => LedgerAddress::of(path).map(|address| Place::Ledger {
                address,
                opener: self.opener,
                prices: self.prices,
            }),
        };
        match place.and_then(|place| command.run(&Session { line, place, terminal, tokens })) {
            Ok(()) => Exit::Done.into(),
            Err(failure) => reported(terminal, &failure),
        }
    }
}

impl Own {
    /// The address of the ledger's database, if it is kept in one.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        database_of(&self.ledger)
    }

    /// A call without arguments. What stands before the command counts for it too.
    fn of(ledger: PathBuf, matches: &ArgMatches) -> Self {
        let (json, url) = (matches.get_flag("json"), matches.get_one("url").cloned());
        Self { ledger, arguments: Vec::new(), json, url }
    }
}

impl OwnCommand {
    fn declared(&self) -> clap::Command {
        let rest = clap::Arg::new("arguments").num_args(0..).value_parser(clap::value_parser!(OsString));
        let rest = rest.trailing_var_arg(true).allow_hyphen_values(true).hide(true);
        clap::Command::new(self.name).about(self.about).disable_help_flag(true).arg(rest)
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("ledger", &shown(&self.ledger)).finish_non_exhaustive()
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ledger, arguments, json, url } = self;
        f.debug_struct("Own")
            .field("ledger", &shown(ledger))
            .field("arguments", arguments)
            .field("json", json)
            .field("url", url)
            .finish()
    }
}

/// The name of a program by its path.
fn name_of(program: &OsString) -> Option<String> {
    Path::new(program).file_stem().map(|name| name.to_string_lossy().into_owned())
}

/// Help and version go to standard output, mistakes of the command line to standard error.
fn told(error: &clap::Error) -> ExitCode {
    // Nothing can be done if standard error is gone.
    _ = error.print();
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    exit.into()
}

fn reported(terminal: Terminal, failure: &Failure) -> ExitCode {
    match failure.message.as_str() {
        "" => {}
        _ if terminal.is_json => complain(&failure.value().to_string()),
        message => complain(&format!("error: {message}")),
    }
    failure.exit.into()
}
