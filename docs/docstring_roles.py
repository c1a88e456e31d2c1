"""A griffe extension: Sphinx roles in docstrings become plain code.

Docstrings name objects as IDEs and Sphinx know them (``:class:`Translator```); Markdown has no
roles.
"""

import re

from griffe import Extension, Object

ROLE = re.compile(r':(?:attr|class|data|exc|func|meth|mod|obj):`~?([^`]+)`')


class DocstringRoles(Extension):
    """Replaces the roles in every docstring."""

    def on_object(self, *, obj: Object, **kwargs) -> None:
        """Called by griffe for each object that it has read."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(r'`\1`', obj.docstring.value)
