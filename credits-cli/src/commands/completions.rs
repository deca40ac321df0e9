//! `completions`: what a shell completes.

use std::io;

use clap::Args;
use clap_complete::Shell;

use crate::exit::Failure;
use crate::session::Session;
use crate::show::unwritten;

/// The arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits completions bash > ~/.local/share/bash-completion/completions/credits\n  \
    credits completions zsh > ~/.zfunc/_credits\n  \
    credits completions fish > ~/.config/fish/completions/credits.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let mut script = Vec::new();
        let (mut line, name) = (session.line.clone(), session.line.get_name());
        clap_complete::generate(self.shell, &mut line, name, &mut script);
        io::Write::write_all(&mut io::stdout().lock(), &script).map_err(|error| unwritten(&error))
    }
}
