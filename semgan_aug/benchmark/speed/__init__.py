"""How fast trainings and translations are."""
