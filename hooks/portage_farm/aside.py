# SPDX-License-Identifier: MIT
"""Why an emerge goes on without the farm. Nothing here needs Portage."""


class Aside(Exception):
    """Stock emerge takes over. `code` is a word for programs, the text is for people and says no more than why.

    `meant`: somebody wants it so, and emerge says nothing of it.
    """

    def __init__(self, code, text, meant=False):
        super().__init__(text)
        self.code, self.text, self.meant = code, text, meant
