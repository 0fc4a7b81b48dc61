"""The client of the Conversation API, against a transport played in the test or a real socket."""
