//! What applications write themselves: accounts with a balance, entries with a key that is unique, and a transaction for
//! each spend, as six statements or as a call of a stored function.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use hdrhistogram::Histogram;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::LocalSet;
use tokio_postgres::{Client, NoTls, Statement};

use super::subject::System;
use super::worker::{Until, Work};

/// Connections of a process.
const POOL: usize = 64;

const TABLES: &str = "
    CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0)) WITH (fillfactor = 70);
    CREATE TABLE entries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account bigint NOT NULL REFERENCES accounts, key text NOT NULL,
        amount bigint NOT NULL, balance_after bigint NOT NULL, metadata jsonb NOT NULL,
        at timestamptz NOT NULL DEFAULT now(), UNIQUE (account, key)
    );
    CREATE INDEX entries_of_account ON entries (account, id);
    CREATE FUNCTION spend(account_ bigint, key_ text, amount_ bigint, metadata_ jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE left_ bigint;
    BEGIN
        SELECT balance INTO left_ FROM accounts WHERE id = account_ FOR UPDATE;
        IF EXISTS (SELECT FROM entries WHERE account = account_ AND key = key_) THEN RETURN left_; END IF;
        IF left_ < amount_ THEN RAISE 'insufficient credits'; END IF;
        UPDATE accounts SET balance = balance - amount_ WHERE id = account_;
        INSERT INTO entries (account, key, amount, balance_after, metadata)
        VALUES (account_, key_, -amount_, left_ - amount_, metadata_);
        RETURN left_ - amount_;
    END $$;";

/// The statements that make a database with this many accounts of three entries each.
pub fn create(wallets: usize) -> String {
    format!(
        "{TABLES} INSERT INTO accounts SELECT id, 1000000000000 FROM generate_series(0, {wallets} - 1) AS id"
    )
}

/// A connection with its prepared statements.
struct Connection {
    client: Client,
    balance: Statement,
    known: Statement,
    entry: Statement,
    update: Statement,
    function: Statement,
}

impl Connection {
    async fn new(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
        tokio::task::spawn_local(async move { drop(connection.await) });
        let prepare = async |sql: &str| client.prepare(sql).await.expect("a statement");
        let balance = prepare("SELECT balance FROM accounts WHERE id = $1 FOR UPDATE").await;
        let known = prepare("SELECT id FROM entries WHERE account = $1 AND key = $2").await;
        let entry = "INSERT INTO entries (account, key, amount, balance_after, metadata) VALUES ($1, $2, $3, $4, ($5::text)::jsonb)";
        let entry = prepare(entry).await;
        let update = prepare("UPDATE accounts SET balance = $2 WHERE id = $1").await;
        let function = prepare("SELECT spend($1, $2, 1, ($3::text)::jsonb)").await;
        Self { client, balance, known, entry, update, function }
    }

    async fn spend(
        &mut self,
        system: System,
        account: i64,
        key: &str,
        metadata: &str,
    ) -> Result<(), tokio_postgres::Error> {
        if system == System::Function {
            self.client.query_one(&self.function, &[&account, &key, &metadata]).await?;
            return Ok(());
        }
        let transaction = self.client.transaction().await?;
        let left = transaction.query_one(&self.balance, &[&account]).await?.get::<_, i64>(0) - 1;
        assert!(left >= 0, "insufficient credits");
        if transaction.query_opt(&self.known, &[&account, &key]).await?.is_none() {
            transaction.execute(&self.entry, &[&account, &key, &-1_i64, &left, &metadata]).await?;
            transaction.execute(&self.update, &[&account, &left]).await?;
        }
        transaction.commit().await
    }
}

/// Connects, and gives a load of this process's clients.
pub fn with(work: &Work, measure: impl FnOnce(&mut dyn FnMut(Until, usize) -> Histogram<u64>)) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let local = LocalSet::new();
    let pool = Rc::new(RefCell::new(Vec::new()));
    local.block_on(&runtime, async {
        for _ in 0..POOL.min(work.clients) {
            let connection = Connection::new(&work.url).await;
            pool.borrow_mut().push(connection);
        }
    });
    let free = Rc::new(Semaphore::new(POOL.min(work.clients)));
    measure(&mut |until, first| {
        let latencies = Rc::new(RefCell::new(Histogram::new(3).expect("a histogram")));
        let clients = (0..work.clients).map(|client| {
            let (pool, free, latencies, work) =
                (Rc::clone(&pool), Rc::clone(&free), Rc::clone(&latencies), work.clone());
            local.spawn_local(async move {
                let mut count = 0;
                while !until.is_over(count, work.clients) {
                    let drawn = work.drawn(client, first + count);
                    let (account, key) = (work.wallet(drawn) as i64, format!("{drawn:016x}"));
                    let metadata = serde_json::json!({ "job": count }).to_string();
                    let asked = Instant::now();
                    let permit = free.acquire().await.expect("a turn");
                    let mut connection = pool.borrow_mut().pop().expect("a connection");
                    connection.spend(work.system, account, &key, &metadata).await.expect("a spend");
                    pool.borrow_mut().push(connection);
                    drop(permit);
                    latencies
                        .borrow_mut()
                        .record(asked.elapsed().as_micros().max(1) as u64)
                        .expect("a latency");
                    count += 1;
                }
            })
        });
        let clients: Vec<_> = clients.collect();
        local.block_on(&runtime, async {
            for client in clients {
                client.await.expect("a client");
            }
        });
        latencies.replace(Histogram::new(3).expect("a histogram"))
    });
}
