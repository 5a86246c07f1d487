import subprocess
import yaml

subprocess.run("ls " + name, shell=True)
data = yaml.load(text)  # sluice:ignore python.yaml-unsafe-load the text is ours, made two lines above
