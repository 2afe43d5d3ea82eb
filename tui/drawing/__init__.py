"""Pure functions from frozen results to lines of styled text; nothing here knows Textual."""
