"""Grading: a folder of submitted notebooks becomes points, with a note for the teacher and feedback for the learner.

What is graded is what a learner *did*, and that is kept out of the learner's reach:

- **The Lab is elsewhere.** For each submission a *referee* (referee.py) holds a Lab; the learner's cells run in another
  process, the *seat* (seat.py), whose `lab` only passes calls on (far_lab.py). Keys, trail and bill cannot be forged
  there, only made, by calling KMS. The way from the seat to the referee carries data and never code (values.py).
- **The check is the referee's.** It runs the exercises' own tests, in its process, on its Lab. What the seat has made
  of `check`, of kmslab's modules or of Python's builtins does not matter, nor what a cell prints. An answer that is
  handed to `check` is data that the seat sends, which is what an answer is.
- **The lesson is ours.** Its cells come from the workbook; from the submission come the cells for the exercises and
  those that the learner has added (plan.py). Cells that were deleted, edited or put in another order are back.
- **The seat is fenced in** (fence.py): a folder of its own, limits of memory, of time for a cell and in all, and of
  processes; on Linux (Landlock) no file outside of its folder can be written, no other submission, no solution and no
  process can be reached, and no network but the Lab's endpoint.

What this does not stop: somebody who copies a colleague's or the solution's cells, or asks for an answer elsewhere and
hands it over, has done the exercise as far as anybody can see. Trying many answers in a loop succeeds and is noted.
Without Landlock (not Linux, or older than 5.13) a cell runs with the grader's rights: it can read and write the
grader's files, and end the grader. The fence is made for a class, not for strangers, for whom a container is right.
"""
