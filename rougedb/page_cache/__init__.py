"""Keeps public pages, each under the edition of the show and whatever else it is a function of.

`pages` says what that is, `store` keeps them, `parts` fills in what is of one visitor alone, `encodings` compresses,
`middleware` answers.
"""
