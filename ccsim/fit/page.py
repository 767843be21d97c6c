def page(fit, name):
    return ""
