"""mica_report -- the parts of `mica report`: profiles read, addresses named, and the forms that they are shown in."""
