"""kmslab in a notebook: the extension, figures and panels. The only importer of IPython and ipywidgets."""
