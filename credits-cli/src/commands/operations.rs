//! `estimate` and `spend`: operations by their names, with inputs as `name=value`.

use clap::Args;
use credits_runtime::catalogue::{CatalogueData, InputValues};
use credits_web::responses::Estimated;
use serde_json::{Map, Value};

use super::consent::random_key;
use super::receipt;
use crate::exit::Failure;
use crate::reach::{Access, Client, Path, Request};
use crate::session::Session;
use crate::show::figure;

/// An operation and its inputs.
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The owner, such as user:42
    owner: String,
    /// The operation, by its name in `prices`
    operation: String,
    /// An input, such as seconds=3.65 or quality=hd
    #[arg(value_name = "INPUT=VALUE", value_parser = input)]
    inputs: Vec<(String, String)>,
}

fn input(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write an input as name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Call {
    /// The body of the call, each input in the form that the price list has for it.
    fn body(&self, client: &Client) -> Result<Map<String, Value>, Failure> {
        let catalogue: CatalogueData = client.send(&Request::get(Path::of(["catalogue"])))?.read()?;
        let operation = catalogue.operations.iter().find(|known| known.name == self.operation);
        let mut body = Map::from_iter([("operation".to_owned(), Value::from(self.operation.as_str()))]);
        for (name, text) in &self.inputs {
            let inputs = operation.map(|operation| &operation.inputs[..]).unwrap_or_default();
            let values = inputs.iter().find(|known| known.name == *name).map(|known| &known.values);
            let is_parameter = matches!(values, Some(InputValues::Parameter { .. }));
            let parsed = is_parameter.then(|| serde_json::from_str(text).ok()).flatten();
            // A quantity is exact as text.
            body.insert(name.clone(), parsed.unwrap_or_else(|| Value::from(text.as_str())));
        }
        Ok(body)
    }
}

/// The arguments of `estimate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits estimate user:42 generate_video seconds=3.65\n  \
    credits estimate user:42 generate_image quality=hd --json")]
pub(crate) struct Estimate {
    #[command(flatten)]
    call: Call,
}

impl Estimate {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let client = session.client(Access::Read)?;
        let path = Path::of(["wallets", &self.call.owner, "estimate"]);
        let request = Request::post(path, Value::Object(self.call.body(&client)?));
        let reply = client.send(&request)?;
        let estimated: Estimated = reply.read()?;
        session.terminal.show(&reply.value, || {
            let owner = &self.call.owner;
            let pays = match (&estimated.covered_by, estimated.affordable) {
                (Some(covered), _) => format!("{owner} pays nothing, because of the plan {}", covered.plan),
                (None, true) => format!("{owner} can pay it"),
                (None, false) => format!("{owner} cannot pay it"),
            };
            format!("{}\n{}\n{pays}", figure(estimated.price.get()), estimated.explanation.text)
        })
    }
}

/// The arguments of `spend`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits spend user:42 generate_video seconds=3.65 --key job-17\n  \
    credits spend user:42 generate_image quality=hd")]
pub(crate) struct Spend {
    #[command(flatten)]
    call: Call,
    /// The idempotency key: a charge that is sent again under its key is made once
    #[arg(long)]
    key: Option<String>,
}

impl Spend {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let client = session.client(Access::Write)?;
        let path = Path::of(["wallets", &self.call.owner, "spend"]);
        let key = self.key.clone().map_or_else(random_key, Ok)?;
        let request = Request::post(path, Value::Object(self.call.body(&client)?)).keyed(key);
        receipt::show(session, &self.call.owner, &client.send(&request)?)
    }
}
