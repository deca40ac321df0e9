//! Random requests that the document of the API allows, made by schemathesis: none fails the server, and every response is
//! one that the document has. It needs python3 and PyPI, and says so where it cannot run.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::Router;
use credits_web::{Scope, Tokens};
use tokio::net::TcpListener;

use crate::demo;

const VERSION: &str = "schemathesis==4.32.5";
const SEED: &str = "17";
const EXAMPLES_MAX: &str = "12";
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// The installed program, or why there is none.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis");
    let program = folder.join("bin/schemathesis");
    if !program.exists() {
        let ran = |command: &mut Command| {
            let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(said) }
        };
        ran(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        ran(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--timeout", "10", VERSION]))?;
    }
    if program.exists() { Ok(program) } else { Err("pip installed no program".to_owned()) }
}

#[test]
fn no_request_that_the_document_allows_surprises() {
    let program = match installed() {
        Ok(program) => program,
        Err(why) => return println!("not run, because schemathesis cannot be installed: {why}"),
    };
    let (credits, _clock) = demo::studio();
    // The owner that the document has as its example.
    credits.wallet("user:42").give_credits(1_000_000).now().wait().unwrap();
    let tokens = Tokens::in_memory();
    let token = tokens.create("schemathesis", &[Scope::Admin]).unwrap();
    let api = credits_web::api(&credits).tokens(tokens);
    let routes = Router::new().nest_service("/credits/api", api);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, routes).await });
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .current_dir(&folder)
        .args(["run", &format!("http://{address}/credits/api/openapi.json")])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--url", &format!("http://{address}/credits/api")])
        .args(["--checks", CHECKS, "--seed", SEED, "--max-examples", EXAMPLES_MAX])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--mode",
            "all",
            "--exclude-path-regex",
            "^/(me|stripe)",
        ])
        .args(["--generation-database", "none", "--no-color"])
        .env("PYTHONHASHSEED", "0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    credits.verify().unwrap();
}
