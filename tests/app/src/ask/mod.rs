//! `ask file=FILE [gate=ADDRESS] [together=N]`: calls `create-connection`, or with `unix` `create-unix-connection`, once for each question of the file, a JSON
//! array, in order, and prints an answer in a line of JSON for each. Every connection is closed before the next question;
//! with `together` so many questions are put at a time, and all answers come at the end.

mod answer;
mod call;
mod dialogue;
mod question;
mod settings;
mod socket;

use crate::arguments::Arguments;
use crate::json::answer::Answer;
use crate::together::{self, Work};
use crate::{gate, json};
use dialogue::PING;
use question::Question;
use settings::Contexts;
use socket::Given;
use std::cell::{Cell, RefCell};

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["file", "gate", "together"])?;
    let questions = json::questions(arguments)?;
    match arguments.parsed("together")? {
        Some(most) => together(&questions, most).await?,
        None => one_by_one(&questions).await?,
    }
    gate::wait(arguments).await
}

async fn one_by_one(questions: &[Question]) -> Result<(), String> {
    let contexts = Contexts::default();
    for question in questions {
        json::print(&ask(question, &contexts).await?)?;
    }
    Ok(())
}

/// So many at a time.
async fn together(questions: &[Question], most: usize) -> Result<(), String> {
    let contexts = Contexts::default();
    let next = Cell::new(0);
    let lines = RefCell::new(vec![String::new(); questions.len()]);
    let work = async || {
        while let Some(question) = questions.get(next.get()) {
            let at = next.replace(next.get() + 1);
            let answer = ask(question, &contexts).await?;
            lines.borrow_mut()[at] = json::line(&answer)?;
        }
        Ok(())
    };
    let works = (0..most).map(|_| Box::pin(work()) as Work<'_>);
    together::all(works.collect()).await?;
    for line in lines.borrow().iter() {
        println!("{line}");
    }
    Ok(())
}

async fn ask(question: &Question, contexts: &Contexts) -> Result<Answer, String> {
    let made = contexts.make(question.tls.as_ref())?;
    if !made.go_on {
        return Ok(Answer::of_settings(made.refused));
    }
    let given = match &question.sock {
        Some(what) => Some(Given::make(what).await?),
        None => None,
    };
    let (sock, before) = given.map_or((None, None), |it| (Some(it.socket), Some(it.ends)));
    let returned = match question.unix {
        true => call::run_unix(question.end, question.unix_options(made.option(), sock)).await,
        false => call::run(question, question.options(made.option(), sock)).await,
    };
    let answer = match returned {
        None => Answer::dropped(),
        Some(Ok(connection)) => {
            let mut answer = answer::connected(&connection);
            dialogue::hold(question, connection, contexts, &mut answer).await?;
            answer
        }
        Some(Err(error)) => {
            let answer = answer::failed(&error);
            if let Some(socket) = error.sock {
                let before = before.ok_or("a socket was given back that nobody gave")?;
                let given = Given {
                    socket,
                    ends: before,
                };
                given.check().await?;
            }
            answer
        }
    };
    let key_log = made.key_log();
    Ok(answer.with_settings(made.refused, key_log))
}
