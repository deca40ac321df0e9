//! The socket beside a ledger: the API for commands of the same user, without a token.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use credits_web::SocketError;
use serde_json::{Value, json};

use crate::demo::Credits;

/// Status and body of a request; the connection is closed after it.
fn call(socket: &Path, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut stream = UnixStream::connect(socket).unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers = format!("host: ledger\r\nconnection: close\r\ncontent-length: {}", body.len());
    let key = "idempotency-key: k1\r\ncontent-type: application/json";
    write!(stream, "{method} {path} HTTP/1.1\r\n{headers}\r\n{key}\r\n\r\n{body}").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
}

#[test]
fn commands_of_the_same_user_need_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let credits = Credits::open(folder.path().join("studio.redb")).unwrap();
    credits.wallet("user:1").give_credits(30).now().wait().unwrap();
    let socket = credits_web::socket(&credits).unwrap();
    let found = fs::symlink_metadata(socket.path()).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    assert_eq!(socket.path(), folder.path().canonicalize().unwrap().join("studio.redb.sock"));

    let (status, wallet) = call(socket.path(), "GET", "/wallets/user%3A1", &Value::Null);
    assert_eq!((status, &wallet["credits"]), (200, &json!(30)));
    let hd = json!({ "operation": "generate_image", "quality": "hd" });
    let (status, receipt) = call(socket.path(), "POST", "/wallets/user%3A1/spend", &hd);
    assert_eq!(status, 201);
    assert_eq!(receipt["entry"]["metadata"]["by"], format!("cli:uid={}", found.uid()));
    assert_eq!(call(socket.path(), "GET", "/me", &Value::Null).0, 401);
    assert_eq!(call(socket.path(), "GET", "/nothing", &Value::Null).0, 404);
}

#[test]
fn a_socket_ends_with_its_guard_or_its_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.redb");
    let credits = Credits::open(&path).unwrap();
    let socket = credits_web::socket(&credits).unwrap();
    let file = socket.path().to_owned();
    drop(socket);
    assert!(!file.exists());

    // The ledger is closed by its last handle, though the socket and a connection are open.
    let socket = credits_web::socket(&credits).unwrap();
    let mut idle = UnixStream::connect(&file).unwrap();
    assert_eq!(call(&file, "GET", "/health/live", &Value::Null).0, 204);
    drop(credits);
    let credits = Credits::open(&path).unwrap();
    let mut rest = Vec::new();
    assert_eq!(idle.read_to_end(&mut rest).unwrap(), 0);
    drop(socket);
    assert!(!file.exists());

    let socket = credits_web::socket(&credits).unwrap();
    credits.close().unwrap();
    drop(socket);
    assert!(!file.exists());
}

#[test]
fn a_guard_removes_no_file_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let credits = Credits::open(folder.path().join("studio.redb")).unwrap();
    let socket = credits_web::socket(&credits).unwrap();
    let file = socket.path().to_owned();
    fs::remove_file(&file).unwrap();
    let _other = UnixListener::bind(&file).unwrap();
    drop(socket);
    assert!(file.exists());
}

#[test]
fn a_dead_socket_is_replaced_and_a_live_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let credits = Credits::open(folder.path().join("studio.redb")).unwrap();
    let path = folder.path().join("studio.redb.sock");
    // Its process was killed.
    drop(UnixListener::bind(&path).unwrap());
    let socket = credits_web::socket(&credits).unwrap();
    assert_eq!(call(&path, "GET", "/health/ready", &Value::Null).0, 204);
    let error = credits_web::socket(&credits).unwrap_err();
    assert!(matches!(error, SocketError::InUse { .. }), "{error}");
    assert_eq!(call(&path, "GET", "/health/ready", &Value::Null).0, 204);
    drop(socket);

    fs::write(&path, "notes").unwrap();
    let error = credits_web::socket(&credits).unwrap_err();
    assert!(matches!(error, SocketError::NotASocket { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
}

#[test]
fn a_ledger_without_room_for_a_socket_says_so() {
    let error = credits_web::socket(&Credits::in_memory().unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("a ledger in memory or in a database has no file"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let credits = Credits::open(folder.path().join("x".repeat(100))).unwrap();
    let error = credits_web::socket(&credits).unwrap_err();
    assert!(matches!(error, SocketError::PathTooLong { max: 103 | 107, .. }), "{error}");
}
