//! `#[derive(FromJson)]`: reads a type from JSON by the names and defaults that its `serde` attributes say.

mod attributes;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Type, Variant, parse_macro_input, parse_quote};

use attributes::{Absent, Named, OfType};

/// Reads what serde's derived `Deserialize` reads, from a tree of JSON, by a few calls for each field.
///
/// It heeds serde's `rename`, `rename_all` (of variants), `default`, `tag` and `transparent`, and takes no heed of what is for writing
/// and of `deny_unknown_fields`. Anything else is an error of the build. `#[json(skip)]` leaves a field at its default.
#[proc_macro_derive(FromJson, attributes(serde, json))]
pub fn from_json(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive(input).unwrap_or_else(Error::into_compile_error).into()
}

fn derive(mut input: DeriveInput) -> Result<TokenStream> {
    let of = OfType::of(&input.attrs)?;
    let read = match &input.data {
        Data::Struct(data) => structure(&data.fields, &quote!(Self))?,
        Data::Enum(data) => {
            let arms = data.variants.iter().map(|variant| arm(variant, &of)).collect::<Result<Vec<_>>>()?;
            let kind = match &of.tag {
                Some(tag) => quote!(crate::json::field::<::std::string::String>(json, #tag)?),
                None => quote!(<::std::string::String as crate::json::FromJson>::from_json(json)?),
            };
            quote! {
                let kind = #kind;
                match kind.as_str() {
                    #(#arms)*
                    _ => Err(crate::json::Unreadable::word(&kind)),
                }
            }
        }
        Data::Union(_) => return Err(Error::new(input.ident.span(), "a union cannot be read")),
    };
    for parameter in input.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(crate::json::FromJson));
    }
    let name = &input.ident;
    let (generics, of_generics, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics crate::json::FromJson for #name #of_generics #bounds {
            fn from_json(
                json: &mut crate::json::Json<'_>,
            ) -> ::std::result::Result<Self, crate::json::Unreadable> {
                #read
            }
        }
    })
}

/// What is read for a word.
fn arm(variant: &Variant, of: &OfType) -> Result<TokenStream> {
    let Named { name, .. } = Named::of(&variant.attrs)?;
    let name = name.unwrap_or_else(|| of.case.word(&variant.ident.to_string()));
    let ident = &variant.ident;
    if !matches!(variant.fields, Fields::Unit) && of.tag.is_none() {
        return Err(Error::new(ident.span(), "what has fields can be read by a `tag` alone"));
    }
    let read = structure(&variant.fields, &quote!(Self::#ident))?;
    Ok(quote!(#name => { #read }))
}

/// Reads the fields of what `path` makes.
fn structure(fields: &Fields, path: &TokenStream) -> Result<TokenStream> {
    match fields {
        Fields::Unit => Ok(quote!(Ok(#path))),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Ok(quote!(crate::json::FromJson::from_json(json).map(#path)))
        }
        Fields::Unnamed(fields) => {
            let why = "only one field without a name can be read";
            Err(fields.unnamed.first().map_or_else(
                || Error::new(proc_macro2::Span::call_site(), why),
                |field| Error::new_spanned(field, why),
            ))
        }
        Fields::Named(fields) => {
            let reads = fields.named.iter().map(|field| {
                let ident = field.ident.as_ref().expect("a field with a name");
                Ok((ident, read(ident, &field.ty, &Named::of(&field.attrs)?)))
            });
            let (idents, reads): (Vec<_>, Vec<_>) = reads.collect::<Result<Vec<_>>>()?.into_iter().unzip();
            Ok(quote! {
                crate::json::object(json)?;
                Ok(#path { #(#idents: #reads,)* })
            })
        }
    }
}

/// Reads a field.
fn read(ident: &Ident, of: &Type, named: &Named) -> TokenStream {
    let ident = ident.to_string();
    let name = named.name.as_deref().unwrap_or(ident.strip_prefix("r#").unwrap_or(&ident));
    match &named.absent {
        // What is absent is `None` by itself, which is the default as well.
        Absent::Default if is_option(of) => quote!(crate::json::field(json, #name)?),
        Absent::Error => quote!(crate::json::field(json, #name)?),
        Absent::Default => quote!(crate::json::field_or_default(json, #name)?),
        Absent::By(path) => quote!(crate::json::field_if_there(json, #name)?.unwrap_or_else(#path)),
        Absent::Always => quote!(::std::default::Default::default()),
    }
}

fn is_option(of: &Type) -> bool {
    matches!(of, Type::Path(of) if of.path.segments.last().is_some_and(|last| last.ident == "Option"))
}
