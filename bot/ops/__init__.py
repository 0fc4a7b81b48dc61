"""Operating a bot: contacts, dead letters, setting up, looking after a deployment.

`commands` declares the commands and is light to import; the modules beside it do the work.
"""
