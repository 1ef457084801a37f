use quote::quote;

use super::*;

/// The HTML and the way of a view that is one template.
fn made(tokens: TokenStream) -> (String, String) {
    let nodes = crate::view::parse(tokens).expect("a view");
    let [Node::Element(element)] = nodes.as_slice() else { panic!("not one element") };
    assert!(fits(element), "no template");
    let made = Template::of(element);
    assert!(made.errors.is_empty());
    (made.html, made.way.steps())
}

#[test]
fn what_never_changes_is_html() {
    let (html, way) = made(
        quote!(<p class="note more" hidden tabindex=0 draggable=true title="a \"b\" & c">"1 < 2"<br/><b>"so"</b></p>),
    );
    assert_eq!(
        html,
        r#"<p class="note more" hidden tabindex=0 draggable title="a &quot;b&quot; &amp; c">1 &lt; 2<br><b>so</b></p>"#
    );
    assert_eq!(way, "");
}

#[test]
fn the_way_leads_to_each_hole_in_order() {
    let (html, way) = made(quote!(
        <div id=id>
            <ul><li>"one"</li><li title=two>{x}</li></ul>
            "text" " goes on"
            {between}
            <p>{y}{z}</p>
            <Button/>
        </div>
    ));
    assert_eq!(html, "<div><ul><li>one</li><li></li></ul>text goes on<!><p></p></div>");
    assert_eq!(way, "addnakunncnkkuk");
}

#[test]
fn components_stay_with_leptos_and_what_is_in_them_is_templates() {
    let code = view(quote!(<Show when=move || x.get()><p>"yes"</p><Icon name="x"/></Show>)).to_string();
    assert!(code.starts_with(":: leptos :: prelude :: view ! { < Show when ="), "{code}");
    assert!(code.contains(r#"html : "<p>yes</p>""#) && code.contains(r#"< Icon name = "x" / >"#), "{code}");
}

#[test]
fn parts_of_a_drawing_are_read_as_such() {
    assert_eq!(
        made(quote!(<g class="day"><title>{words}</title><rect x="1"/></g>)),
        ("<svg><g class=day><title></title><rect x=1></rect></g></svg>".to_owned(), "sdk".to_owned())
    );
}

#[test]
fn what_the_browser_would_move_elsewhere_is_refused() {
    for (tokens, inner) in [
        (quote!(<table><tr></tr></table>), "`<tr>`"),
        (quote!(<p><div></div></p>), "`<div>`"),
        (quote!(<button><button></button></button>), "`<button>`"),
    ] {
        let code = view(tokens).to_string();
        assert!(code.contains("compile_error") && code.contains(inner), "{code}");
    }
}

#[test]
fn what_only_leptos_knows_is_left_to_it() {
    for tokens in
        [quote!(<p {..more}>"x"</p>), quote!(<input bind:value=name/>), quote!(<textarea>"text"</textarea>)]
    {
        let code = view(tokens).to_string();
        assert!(code.starts_with(":: leptos :: prelude :: view !"), "{code}");
    }
    // In a template it is filled in.
    assert_eq!(
        made(quote!(<div><textarea>"text"</textarea></div>)),
        ("<div></div>".to_owned(), "k".to_owned())
    );
}
