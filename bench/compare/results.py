"""The results as they are kept between runs: results.json."""
import json
import os


def empty():
    return {"rounds": [], "longer": []}


def write(directory, name, text):
    """Whole or not at all."""
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def save(directory, found):
    write(directory, "results.json", json.dumps(found, indent=1) + "\n")


def load(directory):
    try:
        with open(os.path.join(directory, "results.json"), encoding="utf-8") as file:
            return {**empty(), **json.load(file)}
    except FileNotFoundError:
        return empty()
