// A cost that is wrong in one asset leaves the others.

use credits_runtime::usage_credits;

usage_credits! {
    asset gem

    operation upscale {
        costs 5.gms
    }

    operation scan {
        costs 5.gems
    }
}

fn main() {
    println!("{:?} {:?}", Asset::Gems, Asset::ALL);
    println!("{:?}", Operation::scan().cost());
    println!("{:?}", Operation::upscale());
}
