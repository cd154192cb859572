results-sheet = Results
results-name = Name
results-resident-id = Resident ID number
