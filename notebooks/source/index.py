# %% [markdown]
# # Learn AWS KMS by using it
#
# You have been hired by **Otterquill**, a small online bookshop with twelve people, and today you get the keys to its AWS
# account. Nobody there has looked after encryption so far. Over these lessons you will: make keys and look after them, encrypt
# what is small and what is large, sign receipts, say who may do what, keep passwords, move files between Regions, read the
# audit trail, explain the bill, and in the end get the shop through a bad Monday.
#
# | who | asks |
# | --- | --- |
# | **Mira**, the founder | what does it cost, and what can go wrong? |
# | **Tom**, who wrote the shop | why does it not work? He learned KMS from a blog post of 2021, and parts of it have aged |
# | **Vera**, the auditor | who can read this, and who did? |
#
# Everything happens on this computer: the AWS account is a simulated one, and its bill is only shown.
#
# ## The lessons
#
# Run the next cell (Shift+Enter) to see how far you are. The titles are links.

# %%
from kmslab.jupyter.course import course

course()

# %% [markdown]
# ## How a lesson works
#
# - Its first cell sets up an account that is new and empty. You can begin any lesson on any day, and repeat it.
# - **Predict** before you run a cell that asks you to. Being wrong is what makes it stick.
# - Exercises look at what you *did*. `check("02.1")` says what is done and what is still open; it costs nothing to ask.
# - `hint("02.1")` helps, a little more each time. The `solutions` folder has every answer.
# - The minutes include the exercises. If you only read and run, half of them is enough.
# - Words that you do not know are in the [glossary](glossary.ipynb).
#
# **In a hurry?** With 40 minutes, take 00, and 01 up to exercise 01.2. With half a day, 00, 01, 04, 05, 07 and 12.
#
# Begin: [00 Start here](00_start.ipynb)
