//! The dashboard's texts in other languages.
//!
//! English stands in the source, where it is read beside what it is about; `texts/en.json` has all of it in one place
//! and is made from the source. A translation is a copy of that file with its values in another language. Which one a
//! dashboard speaks is decided when it is built (`BERTH_TEXTS`), so a translation costs no byte and no moment in the
//! page, and an English build expands to what was written. See docs/adr/0019-texts.md.
//!
//! Views pass through here for their texts, so that this is also where their elements become templates
//! (`src/template`, docs/adr/0021-templates.md).

mod catalogue;
#[cfg(test)]
mod source;
mod template;
mod view;

use std::sync::OnceLock;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{LitStr, Token, parse::Parser};

use catalogue::{Catalogue, section_of};

/// Leptos' `view!`, with its texts in the language of the build (text between tags, and the attributes in
/// [`view::is_read`]), and its elements as templates.
#[proc_macro]
pub fn view(input: TokenStream) -> TokenStream {
    let nodes = Tokens::from(input);
    let nodes = match translation() {
        Ok(None) => nodes,
        Ok(Some(catalogue)) => {
            let section = section_here();
            view::with_texts(nodes, |text| catalogue.get(&section, text).map(str::to_owned))
        }
        Err(why) => return refused(why),
    };
    template::view(nodes).into()
}

/// A text outside a view, as a literal in the language of the build: `t!("Stop")`.
#[proc_macro]
pub fn t(input: TokenStream) -> TokenStream {
    match syn::parse::<LitStr>(input).map(|text| translated(&text)) {
        Ok(Ok(text)) => quote!(#text).into(),
        Ok(Err(why)) => refused(why),
        Err(error) => error.into_compile_error().into(),
    }
}

/// `format!` with its text in the language of the build: `tf!("{count} of {all}")`. A translation may put what is
/// named in another order.
#[proc_macro]
pub fn tf(input: TokenStream) -> TokenStream {
    let parsed = (|input: syn::parse::ParseStream<'_>| {
        let text = input.parse::<LitStr>()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok((text, input.parse::<Tokens>()?))
    })
    .parse(input);
    match parsed.map(|(text, rest)| (translated(&text), rest)) {
        Ok((Ok(text), rest)) => quote!(::std::format!(#text, #rest)).into(),
        Ok((Err(why), _)) => refused(why),
        Err(error) => error.into_compile_error().into(),
    }
}

/// The text in the build's language, where the catalogue has it; else as it is.
fn translated(text: &LitStr) -> Result<LitStr, &'static str> {
    Ok(match translation()? {
        Some(catalogue) => match catalogue.get(&section_here(), &text.value()) {
            Some(other) => LitStr::new(other, text.span()),
            None => text.clone(),
        },
        None => text.clone(),
    })
}

/// The part of the catalogue for the file that is being compiled.
fn section_here() -> String {
    section_of(&proc_macro::Span::call_site().file())
}

/// The translation that the build was asked for; `None` is English, and the error is for whoever builds.
fn translation() -> Result<Option<&'static Catalogue>, &'static str> {
    static READ: OnceLock<Result<Option<Catalogue>, String>> = OnceLock::new();
    let read = READ.get_or_init(|| match std::env::var("BERTH_TEXTS") {
        Ok(path) if !path.is_empty() => Catalogue::read(path.as_ref()).map(Some),
        _ => Ok(None),
    });
    read.as_ref().map(Option::as_ref).map_err(String::as_str)
}

fn refused(why: &str) -> TokenStream {
    quote!(::std::compile_error!(#why)).into()
}
