"""The engine: takes one inbound item, changes the contact's session and runs, and returns
replies.
"""
