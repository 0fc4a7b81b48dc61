"""What tests of several modules share. Test modules import helpers from here alone."""
