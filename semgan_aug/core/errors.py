"""What is told to a person, as opposed to a bug."""


class InputError(ValueError):
    """Bad input: a file, a config or data; the message is one sentence for the user."""


def user_message(error: Exception) -> str:
    """The message of an error, also of one that a data worker raised and torch has wrapped."""
    last = (str(error).strip().splitlines() or [''])[-1]
    kind, colon, rest = last.partition(': ')
    return rest if colon and kind.endswith('Error') and ' ' not in kind else last
