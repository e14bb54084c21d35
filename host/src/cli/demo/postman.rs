//! Takes the mails out of the mail server's box and puts them on the screen, in the order of their coming.

use super::screen::Screen;
use campanile_sinks::SmtpSink;

pub(super) struct Postman<'a> {
    sink: &'a SmtpSink,
    screen: &'a Screen,
    /// How many have been shown.
    pub(super) shown: usize,
}

impl<'a> Postman<'a> {
    pub(super) fn new(sink: &'a SmtpSink, screen: &'a Screen) -> Self {
        Self { sink, screen, shown: 0 }
    }

    /// Shows each mail when it comes, until this is dropped.
    pub(super) async fn wait(&mut self) -> ! {
        loop {
            self.sink.wait_for(self.shown + 1).await;
            self.empty_box();
        }
    }

    /// Shows what has come since.
    pub(super) fn empty_box(&mut self) {
        for mail in &self.sink.received()[self.shown..] {
            self.shown += 1;
            self.screen.went_out(self.shown, &mail.recipients.join(", "), &mail.text());
        }
    }
}
