"""HTML as a tree: whatever stands in a text or an attribute is escaped on its way out."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

Child = Element | str | None


def tag(name: str, /, *children: Child, **attributes: str) -> Element:
    """An element; None among the children is nothing; `class_` is the attribute class, `aria_hidden` aria-hidden."""
    element = Element(name, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            element.append(child)
        elif child and len(element):
            element[-1].tail = (element[-1].tail or "") + child
        elif child:
            element.text = (element.text or "") + child
    return element


def document(head: list[Element], body: list[Element]) -> str:
    """A whole page in English, in ASCII: it passes through every pipe, whatever the locale."""
    root = Element("html", {"lang": "en"})
    SubElement(root, "head").extend(head)
    SubElement(root, "body").extend(body)
    indent(root, space=" ")
    return f"<!DOCTYPE html>\n{tostring(root, encoding='us-ascii', method='html').decode('ascii')}\n"
