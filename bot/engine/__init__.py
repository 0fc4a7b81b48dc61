"""The engine: takes one inbound item, changes the session and the runs of the contact, and returns
the replies.
"""
