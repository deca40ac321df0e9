// A pack that is wrong inside exists all the same.

use credits_runtime::usage_credits;

usage_credits! {
    credit_pack small {
        gives 100.credits
        costs $9
    }
}

fn main() {
    println!("{:?} {:?}", Pack::Small, Pack::Small.spec().costs.first());
    match Pack::from_name("small") {
        Some(Pack::Small) => println!("{}", Pack::Small.name()),
        None => println!("{:?}", Pack::ALL),
    }
}
