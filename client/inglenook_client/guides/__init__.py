"""Words to begin with: questions to write about, agendas, ways to lay out feedback (product 4).

They are data: three files of English text beside these modules. Every text goes through the
catalogue, so that a language needs no code; names are stored and never translated.
"""

from inglenook_client.guides.frames import Frame, Part, frame, frames
from inglenook_client.guides.prompts import Prompt, prompt_for, prompts, themes
from inglenook_client.guides.reading import NoSuchGuideError
from inglenook_client.guides.templates import Item, Template, template, templates

__all__ = (
    "Frame",
    "Item",
    "NoSuchGuideError",
    "Part",
    "Prompt",
    "Template",
    "frame",
    "frames",
    "prompt_for",
    "prompts",
    "template",
    "templates",
    "themes",
)
