"""A griffe extension: how the API pages differ from what the source says.

Docstrings name objects by Sphinx roles (``:class:`Translator```), which IDEs know; Markdown has no
roles. Griffe knows the section ``Examples:``, not ``Example:``. Folders export names of their
modules; a page shows each name once, with its module.
"""

import re

from griffe import Extension, Module, Object

ROLE = re.compile(r':(?:attr|class|data|exc|func|meth|mod|obj):`~?([^`]+)`')
EXAMPLE = re.compile(r'^( *)Example:$', re.MULTILINE)


class ApiPages(Extension):
    """Turns roles into plain code, finds examples, and hides what a folder only exports."""

    def on_object(self, *, obj: Object, **kwargs) -> None:
        """Called by griffe for each object that it has read."""
        if obj.docstring:
            text = ROLE.sub(r'`\1`', obj.docstring.value)
            obj.docstring.value = EXAMPLE.sub(r'\1Examples:', text)

    def on_package(self, *, pkg: Module, **kwargs) -> None:
        """Called by griffe when the package is complete."""
        modules = [pkg]
        for module in modules:
            module.exports = None
            modules += [m for m in module.modules.values() if not m.is_alias]
