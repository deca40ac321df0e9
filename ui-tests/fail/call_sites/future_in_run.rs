// Work that is a future is done by `run_async`.

use credits_runtime::usage_credits;

usage_credits! {
    operation process_document {
        costs 5.credits + 1.credit_per(page)
    }
}

async fn paint(subject: &str) -> Result<String, std::io::Error> {
    Ok(format!("a picture of {subject}"))
}

fn main() {
    let user = Credits::in_memory().unwrap().wallet("user:42");
    let _ = user.spend_credits_on(Operation::process_document(3)).run(async || paint("a cat").await);
    let _ = user.spend_credits_on(Operation::process_document(3)).run(paint("a cat"));
    let _ = user.spend_credits_on(Operation::process_document(3)).run(|| "a picture");
}
