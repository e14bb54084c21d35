//! Chats, on servers that are not ours.

mod link;
mod link_login;
mod link_losses;
mod link_odd;
mod link_pace;
mod sessions;

use campanile_tests::Person;
use campanile_tests::inspircd::IrcWithServices;
use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;

/// A bot in one channel, which says what it is told.
const BOT: &str = "nick = \"bot\"\nchannels = [{name = \"#Builds\"}]\n";

async fn server() -> RealIrc {
    RealIrc::start(IrcOptions::default()).await.expect("a server")
}

/// A server on which `bot` has an account, and who registered it.
async fn with_account() -> (IrcWithServices, Person) {
    let server = IrcWithServices::start().await.expect("a server");
    let mut owner = Person::join(server.port, "bot", &[]).await;
    owner.say("NickServ", "REGISTER sesame");
    owner.until("registered").await;
    (server, owner)
}
