// Two units, but one type in `units`.

use credits_runtime::usage_credits;

usage_credits! {
    operation search {
        costs 1.credit_per(api_call)
    }

    operation fetch {
        costs 2.credits_per(apiCall)
    }
}

fn main() {}
